/* Nothing typed is lost (docs/decisions/0044): what is typed in a form is kept in this tab, for this account, until the server has taken it
   or somebody signs out. No password, code, file or token is ever kept. */
(function () {
  "use strict";
  const account = document.body.dataset.account;
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
