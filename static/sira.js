/* Comfort on top of pages that work without it. No inline handlers, nothing from elsewhere. */
(function () {
  "use strict";
  const body = document.body;
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const changed = new WeakSet(); // forms with something typed that is not saved
  const FIELDS = "input:not([type=hidden]), select, textarea";

  // --- errors: the summary takes the focus, its links go into the field, the title says so
  function showErrors(root) {
    const summary = root.querySelector("[data-error-summary]");
    if (!summary) return;
    summary.focus();
    // what comes back with errors is not saved yet
    const form = summary.closest("form[data-guard]");
    if (form) changed.add(form);
    if (!document.title.startsWith(body.dataset.errorTitle)) document.title = body.dataset.errorTitle + document.title;
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const input = target.matches(FIELDS) ? target : target.querySelector(FIELDS) || target;
    target.scrollIntoView({ block: "center" });
    input.focus({ preventScroll: true });
  });

  // --- the roll-call: a room at once, each person a choice of their own; whoever is missed or away is left for somebody to look for
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-all-present]");
    if (!button) return;
    event.preventDefault();
    all("fieldset:not([data-apart])", button.closest("section")).forEach((row) => {
      if (row.querySelector("input[type=radio]:checked")) return;
      row.querySelector("input[value=present]").checked = true;
      row.querySelector("input[name^=a]").value = "1"; // the room was seen, this person was not looked for
    });
  });

  document.addEventListener("change", (event) => {
    const row = event.target.type === "radio" && event.target.closest("form.roll-call fieldset");
    if (row) row.querySelector("input[name^=a]").value = ""; // somebody chose for this one
  });

  // --- a bed that the rule would not propose needs a reason: asked for only then
  const askReason = (part) => {
    const select = document.getElementById(part.dataset.reasonFor);
    const usual = part.dataset.usual.split(" ");
    if (!select || !part.dataset.usual) return;
    const ask = () => { part.hidden = (!select.value || usual.includes(select.value)) && !part.querySelector(".bad"); };
    select.addEventListener("change", ask);
    ask();
  };
  all("[data-reason-for]").forEach(askReason);

  // --- forms: one question, one submit, nothing typed gets lost
  const posts = (form) => form.method === "post";
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "guard" in form.dataset) changed.add(form);
  });
  document.addEventListener("sira:typed", (event) => changed.add(event.target)); // filled in again (below)
  document.addEventListener("sira:forgotten", (event) => changed.delete(event.target));
  let leaving = false;
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && all("form[data-guard]").some((form) => changed.has(form))) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    const question = (button && button.dataset.confirm) || form.dataset.confirm;
    if (form.dataset.busy || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!posts(form) || "twice" in form.dataset || event.defaultPrevented) return;
    leaving = true;
    form.dataset.busy = "1";
    if (!button || form.hasAttribute("hx-post") || form.target) {
      window.setTimeout(() => restore(form), 4000);
      return;
    }
    // after the event, so that the name and value of the button still go with the form
    window.setTimeout(() => {
      button.dataset.label = button.textContent;
      button.classList.add("busy");
      button.setAttribute("aria-disabled", "true");
      button.textContent = body.dataset.sending;
    });
    // a bad line: after a while let the person try again
    window.setTimeout(() => restore(form), 30000);
  }, true);
  function restore(form) {
    delete form.dataset.busy;
    leaving = false;
    all("button.busy", form).forEach((button) => {
      button.textContent = button.dataset.label;
      button.classList.remove("busy");
      button.removeAttribute("aria-disabled");
    });
  }
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-busy]").forEach(restore);
  });

  // --- on a phone the results come before the filters, which are a touch away
  if (window.matchMedia("(max-width: 45.99rem)").matches) {
    all("details[data-fold]").forEach((part) => { if (!part.querySelector(".bad")) part.open = false; });
  }

  // --- Enter in a choice saves the form too, where the page says that Enter saves
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Enter" && event.target.matches && event.target.matches("select") && event.target.closest("form[data-enter]");
    if (form) { event.preventDefault(); form.requestSubmit(); }
  });

  // --- lists: a filter acts when it changes, and keeps the focus where it was
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (!form || !event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) return;
    try { sessionStorage.setItem("focus", event.target.id); } catch (_) { /* storage refused */ }
    form.requestSubmit();
  });
  try {
    const id = sessionStorage.getItem("focus");
    sessionStorage.removeItem("focus");
    const target = id && document.getElementById(id);
    if (target && target.closest("[data-autosubmit]")) target.focus({ preventScroll: true });
  } catch (_) { /* storage refused */ }

  // --- a list of boxes to tick: found by name while one types, all or none at once, and how many
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  document.addEventListener("input", (event) => {
    if (!event.target.dataset.filter) return;
    const words = plain(event.target.value).split(/\s+/);
    const rows = all(`${event.target.dataset.filter} > li`);
    rows.forEach((row) => { row.hidden = !words.every((word) => plain(row.textContent).includes(word)); });
    all("[data-filter-none]").forEach((one) => { one.hidden = rows.some((row) => !row.hidden); });
  });
  document.addEventListener("click", (event) => {
    const ticker = event.target.closest("[data-tick]");
    if (!ticker) return;
    event.preventDefault();
    all(".ticks > li:not([hidden]) input").forEach((box) => {
      // who is away is ticked by hand, one by one
      box.checked = ticker.dataset.tick === "all" && !("tickAlone" in box.dataset);
    });
    countTicks();
  });
  function countTicks() {
    all("[data-ticked]").forEach((one) => {
      one.hidden = false;
      one.firstElementChild.textContent = all(`${one.dataset.ticked} input:checked`).length;
    });
  }
  document.addEventListener("change", countTicks);

  // --- parts of a form that only some answers need: data-show-when="field=value,other"
  function showParts() {
    all("[data-show-when]").forEach((part) => {
      const [name, values] = part.dataset.showWhen.split("=");
      const form = part.closest("form");
      const given = form ? new FormData(form).getAll(name) : [];
      part.hidden = !given.some((value) => values.split(",").includes(value));
    });
  }
  document.addEventListener("change", showParts);

  // --- a photo: shrunk before it goes over a slow line; from the camera where there is one
  const LONGEST = 480; // pixels, as the server keeps it
  function shrunk(source, width, height) {
    const scale = Math.min(1, LONGEST / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  }
  function put(input, blob) {
    const files = new DataTransfer();
    files.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
    input.files = files.files;
    const preview = document.querySelector("[data-preview]");
    if (preview) { preview.src = URL.createObjectURL(blob); preview.hidden = false; }
  }
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[data-shrink]") || !input.files[0] || !window.createImageBitmap) return;
    createImageBitmap(input.files[0], { imageOrientation: "from-image" })
      .then((picture) => shrunk(picture, picture.width, picture.height))
      .then((blob) => { if (blob) put(input, blob); })
      .catch(() => { /* no picture this browser can read: the server says so in words */ });
  });
  function prepareCamera(box) {
    const find = (selector) => box.querySelector(selector);
    const video = find("video");
    const start = find("[data-camera-start]");
    const take = find("[data-camera-take]");
    let stream = null;
    const stop = () => { if (stream) stream.getTracks().forEach((track) => track.stop()); stream = null; video.hidden = take.hidden = true; start.hidden = false; };
    start.addEventListener("click", () => {
      navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 640 } } }).then((found) => {
        stream = video.srcObject = found;
        video.hidden = take.hidden = false;
        start.hidden = true;
        return video.play();
      }).then(() => take.focus()).catch(() => { stop(); find("[data-camera-refused]").hidden = false; });
    });
    take.addEventListener("click", () => {
      const input = box.closest("form").querySelector("input[data-shrink]");
      shrunk(video, video.videoWidth, video.videoHeight).then((blob) => { stop(); if (blob) put(input, blob); input.focus(); });
    });
    window.addEventListener("pagehide", stop);
    box.hidden = false;
  }

  // --- a value that is proposed is typed over, without a key more
  const proposed = document.querySelector("[data-proposed]");
  if (proposed && proposed.value) proposed.select();

  // --- small things: print, close, open, menus
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    const opener = on("[data-open]");
    const closer = on("[data-close]");
    if (on("[data-print]")) window.print();
    const copier = on("[data-copy]");
    if (copier) {
      const field = document.querySelector(copier.dataset.copy);
      field.select(); // where the browser forbids copying, the keyboard can
      navigator.clipboard?.writeText(field.value).then(() => { copier.textContent = copier.dataset.copied; }, () => {});
    }
    if (opener) document.querySelector(opener.dataset.open)?.showModal();
    if (closer) {
      const box = closer.closest("dialog, .message");
      if (box && box.close) box.close();
      else if (box) box.remove();
    }
    const confirmed = on("a[data-confirm]");
    if (confirmed && !window.confirm(confirmed.dataset.confirm)) event.preventDefault();
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // --- the session: warn two minutes before it ends, in every open tab; work in one tab counts for all
  const seconds = Number(body.dataset.session);
  const dialog = document.getElementById("fin-de-session");
  if (seconds && dialog && dialog.showModal) {
    let seen = Date.now();
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("sira-session") : null;
    let told = false;
    const unsaved = () => all("form[data-guard]").some((form) => changed.has(form));
    // over: one signs in beside, and what is typed here stays
    const show = (over) => {
      all("[data-ending]", dialog).forEach((one) => { one.hidden = over; });
      all("[data-ended]", dialog).forEach((one) => { one.hidden = !over; });
    };
    const alive = () => { seen = Date.now(); told = false; show(false); if (dialog.open) dialog.close(); };
    if (channel) {
      channel.onmessage = (event) => { if (event.data === "seen") alive(); };
      channel.postMessage("seen");
    }
    const again = () => { alive(); if (channel) channel.postMessage("seen"); };
    document.addEventListener("htmx:afterRequest", again);
    const over = () => {
      if (unsaved()) { show(true); return; }
      leaving = true;
      window.location.reload();
    };
    window.setInterval(() => {
      const left = seconds * 1000 - (Date.now() - seen);
      if (left < 120000 && left > 0 && !told) { told = true; dialog.showModal(); }
      if (left <= 0 && dialog.open) over();
    }, 5000);
    dialog.querySelector("[data-stay]").addEventListener("click", () => {
      const url = body.dataset.keepalive;
      if (!url) { dialog.close(); return; }
      fetch(url, { credentials: "same-origin", redirect: "manual" }).then((answer) => {
        if (answer.ok) again();
        else over();
      }, () => dialog.close());
    });
  }

  // --- what only works with this script shows only with it; again after each part that htmx brings
  function prepare(root) {
    all("[data-print], [data-close]:not([data-ended]), [data-open], [data-filter-box]", root).forEach((one) => { one.hidden = false; });
    if (navigator.mediaDevices && window.DataTransfer) all("[data-camera]", root).forEach(prepareCamera);
    showParts();
    countTicks();
    showErrors(root);
  }
  document.addEventListener("htmx:load", (event) => { if (event.target !== body) prepare(event.target); });
  prepare(document);
})();

/* Nothing typed is lost (docs/decisions/0044): what is typed in a form is kept in this tab, for this account, until the server has taken it
   or somebody signs out. No password, code, file or token is ever kept. */
(function () {
  "use strict";
  const account = document.body.dataset.account;
  if (!account) return; // nobody is signed in
  const OURS = "sira-typed:";
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  let store;
  try { store = window.sessionStorage; store.getItem(OURS); } catch (_) { return; } // storage refused: as before
  const forget = (mine) => Object.keys(store).forEach((key) => {
    if (key.startsWith(OURS) && !(mine && key.startsWith(mine))) store.removeItem(key);
  });

  // --- another account never sees it; whoever signs out leaves nothing, in no tab
  let stopped = false;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("sira-session") : null;
  if (channel) channel.addEventListener("message", (event) => { if (event.data === "out") { forget(); stopped = true; } });
  forget(`${OURS}${account}:`);

  const path = (form) => new URL(form.getAttribute("action") || window.location.href, window.location.href).pathname;
  const SECRET = /token|password|secret|otp/i;
  const ANEW = ["typed_by", "confirmed", "back"];
  const keeps = (form) => form.method === "post" && !path(form).startsWith("/accounts/") && form.dataset.keep !== "no"
    && !("twice" in form.dataset) && !all("input[type=password], input[autocomplete=one-time-code]", form).length;
  const kept = (field) => field.name && !SECRET.test(field.name) && !ANEW.includes(field.name)
    && !/^(file|password|submit|button|image|reset)$/.test(field.type);
  // forms of one page that go to one address: told apart by what they are about
  const key = (form) => {
    const same = all("form").filter((one) => keeps(one) && path(one) === path(form));
    return `${OURS}${account}:${window.location.pathname}${window.location.search} ${path(form)} ${same.indexOf(form)}`;
  };
  const words = (field) => (field.labels && field.labels[0] ? field.labels[0].textContent : field.name).trim();

  function save(form) {
    if (stopped || !keeps(form)) return;
    const fields = {};
    Array.from(form.elements).filter(kept).forEach((field) => {
      const values = fields[field.name] = fields[field.name] || [];
      if (/^(checkbox|radio)$/.test(field.type)) { if (field.checked) values.push(field.value); }
      else if (field.type === "select-multiple") Array.from(field.selectedOptions).forEach((one) => values.push(one.value));
      else values.push(field.value);
    });
    const files = Array.from(form.elements).filter((field) => field.type === "file" && field.files.length).map(words);
    try { store.setItem(key(form), JSON.stringify({ fields, files, path: path(form) })); } catch (_) { /* full */ }
  }
  const drop = (form) => store.removeItem(key(form));

  function fill(form, fields) {
    const left = Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, values.slice()]));
    Array.from(form.elements).filter((field) => kept(field) && left[field.name]).forEach((field) => {
      const values = left[field.name];
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = values.includes(field.value);
      else if (field.type === "select-multiple") Array.from(field.options).forEach((one) => { one.selected = values.includes(one.value); });
      else if (values.length) field.value = values.shift();
      const part = field.closest("details");
      if (part && field.type !== "hidden" && (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value)) part.open = true;
    });
    form.dispatchEvent(new Event("change", { bubbles: true }));
    form.dispatchEvent(new Event("sira:typed", { bubbles: true }));
  }

  function giveBack(form) {
    let found = null;
    try { found = JSON.parse(store.getItem(key(form))); } catch (_) { /* not ours */ }
    if (!found) return;
    fill(form, found.fields);
    const notice = document.getElementById("saisie-remise").content.firstElementChild.cloneNode(true);
    if (found.files.length) {
      const files = notice.querySelector("[data-files]");
      files.hidden = false;
      files.append(found.files.join(", "));
    }
    notice.querySelector("[data-forget]").addEventListener("click", () => {
      drop(form);
      form.dispatchEvent(new Event("sira:forgotten", { bubbles: true }));
      window.location.reload();
    });
    form.prepend(notice);
    notice.focus();
  }

  // --- what the server has taken is no longer needed here
  const taken = /(?:^|; )taken=([^;]*)/.exec(document.cookie);
  const sent = store.getItem("sira-sent");
  if (taken && sent && decodeURIComponent(taken[1]) === JSON.parse(sent).path) {
    store.removeItem(JSON.parse(sent).key);
    document.cookie = "taken=; path=/; max-age=0; samesite=lax";
  } else if (sent && "answer" in document.body.dataset && !all("form").some((form) => keeps(form) && path(form) === JSON.parse(sent).path)) {
    store.removeItem(JSON.parse(sent).key); // an answer without the form: a page that shows what was done
  }
  store.removeItem("sira-sent");

  const page = `${OURS}${account}:${window.location.pathname}${window.location.search} `;
  const known = Object.keys(store).some((one) => one.startsWith(page)); // a page of many forms is mostly one without any
  all(known ? "form" : "form:has([data-typed-again], [data-error-summary])").filter(keeps).forEach((form) => {
    if (form.querySelector("[data-typed-again], [data-error-summary]")) { // the server has filled it in: that is the newest
      save(form);
      form.dispatchEvent(new Event("sira:typed", { bubbles: true }));
    } else if ("answer" in document.body.dataset) drop(form);
    else giveBack(form);
  });
  const again = document.querySelector("[data-typed-again]");
  if (again) again.focus();

  // --- kept while one types, and at the latest when the page goes away
  const waiting = new Map();
  const now = () => { waiting.forEach((timer, form) => { window.clearTimeout(timer); save(form); }); waiting.clear(); };
  const later = (event) => {
    const form = event.target.form;
    if (!form || !keeps(form) || !kept(event.target) && event.target.type !== "file") return;
    window.clearTimeout(waiting.get(form));
    waiting.set(form, window.setTimeout(() => { waiting.delete(form); save(form); }, 300));
  };
  document.addEventListener("input", later);
  document.addEventListener("change", later);
  window.addEventListener("pagehide", now);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (path(form).endsWith("/accounts/logout/")) {
      waiting.clear();
      stopped = true;
      forget();
      if (channel) channel.postMessage("out");
      return;
    }
    if (!keeps(form)) return;
    const button = event.submitter;
    if (button && "twice" in button.dataset) { drop(form); return; } // a file to take away: nothing is saved by it
    now();
    if (store.getItem(key(form)) !== null) store.setItem("sira-sent", JSON.stringify({ key: key(form), path: path(form) }));
  });

  // --- « Annuler » is meant
  document.addEventListener("click", (event) => {
    const link = event.target.closest("form .actions a");
    if (!link || link.target) return;
    const form = link.closest("form");
    window.clearTimeout(waiting.get(form));
    waiting.delete(form);
    drop(form);
  });
})();
