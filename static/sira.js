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
  document.addEventListener("sira:typed", (event) => changed.add(event.target)); // filled in again (typed.js)
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
