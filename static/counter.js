/* The counter: what is scanned or typed goes one after the other, none is lost and none is sent twice as another; the page works without. */
(function () {
  "use strict";
  const desk = document.querySelector("[data-counter]");
  if (!desk || !window.fetch || !window.crypto) return;
  const find = (selector, root) => (root || desk).querySelector(selector);
  const form = find("#counter-scan");
  const field = find("#c-what");
  const place = find("#counter-answer");
  const PATIENCE = 15000; // ms without an answer: ask again, with the same key
  const AGAIN = 3000;
  const SAME = 1000; // ms in which the same code read again is a slip of the reader
  const PASSED = 8;
  const title = document.title.split(" – ").slice(-2).join(" – ");

  // --- the queue, kept in this tab for this account: a reload loses nothing, and nobody else sends it
  const STORE = "sira-counter " + desk.dataset.counter;
  let queue = [];
  try { queue = JSON.parse(sessionStorage.getItem(STORE)) || []; } catch (_) { /* storage refused */ }
  const keep = () => { try { sessionStorage.setItem(STORE, JSON.stringify(queue)); } catch (_) { /* storage refused */ } draw(); };
  const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16)));
  let state = ""; // "", "down" or "session"
  let last = { what: "", at: 0, times: 0 };
  let sending = false;

  function draw() {
    const box = find("[data-queue]");
    const late = queue.length > 1 || state !== "" || (queue.length === 1 && Date.now() - queue[0].at > 900);
    box.hidden = !queue.length || !late;
    find("[data-queue-count]").textContent = String(queue.length);
    find("[data-queue-down]").hidden = state !== "down";
    find("[data-queue-session]").hidden = state !== "session";
    find("[data-queue-list]").replaceChildren(...queue.map((one, index) => {
      const item = document.createElement("li");
      const name = document.createElement("strong");
      name.textContent = one.label || box.dataset.shown;
      item.append(name, " " + (index === 0 && sending && state === "" ? box.dataset.sending : box.dataset.waiting) + " ");
      if (state !== "" || one.failed) {
        const drop = document.createElement("button");
        drop.type = "button";
        drop.className = "button link";
        drop.textContent = box.dataset.drop;
        drop.addEventListener("click", () => { queue = queue.filter((other) => other.id !== one.id); keep(); });
        item.append(drop);
      }
      return item;
    }));
    desk.dataset.waiting = String(queue.length);
  }

  function add(fields, label) {
    const key = newKey();
    const kept = fields.filter(([name]) => name !== "csrfmiddlewaretoken" && name !== "key");
    const own = fields.find(([name]) => name === "key");
    // a form of an answer keeps its key, so that two clicks are one; the line at the top has a new one each time
    const one = { id: newKey(), key: label === null && own ? own[1] : key, fields: kept, label: label || "", at: Date.now(), failed: 0 };
    if (queue.some((other) => other.key === one.key && JSON.stringify(other.fields) === JSON.stringify(kept))) return;
    queue.push(one);
    keep();
    send();
  }

  async function send() {
    if (sending || !queue.length || state === "session") return;
    sending = true;
    const one = queue[0];
    const slow = window.setTimeout(draw, 1000);
    const stop = new AbortController();
    const end = window.setTimeout(() => stop.abort(), PATIENCE);
    let wait = 0;
    try {
      const body = new FormData();
      one.fields.forEach(([name, value]) => body.append(name, value));
      body.append("key", one.key);
      body.append("waited", String(Math.min(86400, Math.max(0, Math.round((Date.now() - one.at) / 1000)))));
      body.append("csrfmiddlewaretoken", find("[name=csrfmiddlewaretoken]", form).value);
      const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin", redirect: "manual", signal: stop.signal });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        state = "session";
      } else if (!answer.ok) {
        throw Object.assign(new Error(String(answer.status)), { refused: true });
      } else {
        show(await answer.text(), one.label);
        queue = queue.filter((other) => other.id !== one.id);
        state = "";
        document.dispatchEvent(new CustomEvent("htmx:afterRequest")); // the session is alive (sira.js)
      }
    } catch (error) {
      one.failed += 1;
      wait = AGAIN;
      if (error.refused && queue.length > 1) queue.push(queue.shift()); // one that the server can't answer stops no other
      else if (!error.refused) state = "down";
    }
    window.clearTimeout(slow);
    window.clearTimeout(end);
    sending = false;
    keep();
    if (queue.length && state !== "session") window.setTimeout(send, wait);
  }
  window.addEventListener("online", send);
  window.addEventListener("focus", () => { if (state === "session") { state = ""; send(); } }); // perhaps signed in again in another tab
  window.addEventListener("beforeunload", (event) => { if (queue.length) event.preventDefault(); });

  // --- the answer: seen, said, heard, felt
  function show(html, label) {
    place.innerHTML = html; // made by our own server, and no script in it runs
    const answer = find("[data-said]", place);
    if (!answer) return;
    find("[data-said-here]").textContent = answer.dataset.said;
    document.title = find("h2", answer).textContent + " – " + title;
    sound(answer);
    passed(answer);
    if (label && label === last.what) again(answer);
    quietPhotos();
    if (!camera.on) field.focus({ preventScroll: true });
    if (answer.getBoundingClientRect().bottom > window.innerHeight) (camera.on ? box : form).scrollIntoView({ block: "start" });
  }
  // a photo that does not come leaves the initials
  const quietPhotos = () => desk.querySelectorAll(".photo img").forEach((img) => { img.addEventListener("error", () => img.remove()); if (img.complete && !img.naturalWidth) img.remove(); });

  function passed(answer) {
    const list = find("[data-passed] ol") || find("[data-passed]").appendChild(document.createElement("ol"));
    const item = document.createElement("li");
    item.className = answer.dataset.tone;
    const hour = document.createElement("span");
    hour.className = "muted small";
    hour.textContent = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    item.append(answer.dataset.short, " ", hour);
    list.prepend(item);
    while (list.children.length > PASSED) list.lastChild.remove();
    find("[data-passed]").hidden = false;
  }

  // the same code twice within a second is one scan; the answer says that the second was not counted
  function again(answer) {
    const sign = answer && find("[data-again]", answer);
    if (!sign || last.times < 2 || answer.dataset.tone === "look") return;
    sign.hidden = false;
    answer.classList.add("again");
    sound(answer, "already");
  }

  let audio = null;
  let mute = false;
  try { mute = localStorage.getItem("sira-mute") === "1"; } catch (_) { /* storage refused */ }
  // [frequency in Hz, start in s, length in s]: rising for yes, twice the same for already, one low and long for no, falling for away, an alarm for missing, a tick for a question
  const TONES = { yes: [[880, 0, 0.09], [1320, 0.1, 0.14]], already: [[440, 0, 0.12], [440, 0.2, 0.12]], no: [[160, 0, 0.5]], away: [[660, 0, 0.12], [440, 0.16, 0.2]], missing: [[880, 0, 0.15], [440, 0.2, 0.15], [880, 0.4, 0.15], [440, 0.6, 0.15]], look: [[660, 0, 0.06]] };
  const SHAKES = { yes: [60], already: [80, 80, 80], no: [400], away: [120, 60, 60], missing: [200, 100, 200, 100, 200], look: [20] };
  function sound(answer, tone = answer.dataset.tone) {
    answer.dataset.sounded = mute ? "muted" : tone;
    if (mute) return;
    if (navigator.vibrate) navigator.vibrate(SHAKES[tone]);
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!Audio) return;
    try {
      audio = audio || new Audio();
      if (audio.state === "suspended") audio.resume();
      TONES[tone].forEach(([frequency, start, length]) => {
        const voice = audio.createOscillator();
        const level = audio.createGain();
        voice.type = tone === "no" ? "sawtooth" : tone === "already" ? "square" : "sine";
        voice.frequency.value = frequency;
        level.gain.setValueAtTime(0.25, audio.currentTime + start);
        level.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + length);
        voice.connect(level).connect(audio.destination);
        voice.start(audio.currentTime + start);
        voice.stop(audio.currentTime + start + length);
      });
    } catch (_) { /* no sound here: colour and words say it */ }
  }
  const muter = find("[data-mute]");
  const drawMute = () => { muter.textContent = mute ? muter.dataset.off : muter.dataset.on; muter.setAttribute("aria-pressed", String(mute)); };
  muter.addEventListener("click", () => {
    mute = !mute;
    try { localStorage.setItem("sira-mute", mute ? "1" : "0"); } catch (_) { /* storage refused */ }
    drawMute();
    field.focus();
  });
  muter.hidden = false;
  drawMute();

  // --- what is typed: the line is free again at once
  function scanned(what) {
    what = what.trim();
    if (what && what === last.what && (Date.now() - last.at < SAME || queue.some((one) => one.label === what))) {
      last.times += 1;
      if (!queue.length) again(find("[data-said]", place)); // else when its answer comes
      return;
    }
    if (!what || queue.some((one) => one.label === what)) return; // the queue shows it
    last = { what, at: Date.now(), times: 1 };
    const fields = Array.from(new FormData(form)).filter(([name]) => name !== "what");
    add([...fields, ["what", what]], what);
  }
  desk.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-scan]")) return;
    event.preventDefault();
    if (event.target === form) {
      scanned(field.value);
      field.value = "";
      field.focus();
      return;
    }
    const fields = Array.from(new FormData(event.target, event.submitter));
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
    add(fields, null);
  });
  // whatever a reader types goes into the line, wherever the focus is
  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog, header") || (event.key === " " && event.target.closest("button, a, input, summary"))) return;
    field.focus();
  });

  // --- the camera, where the browser itself reads QR codes
  const camera = { on: false };
  const button = find("[data-scan-camera]");
  const box = find("[data-camera-box]");
  const video = find("video", box);
  async function prepareCamera() {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
    if (!(await window.BarcodeDetector.getSupportedFormats()).includes("qr_code")) return;
    const reader = new window.BarcodeDetector({ formats: ["qr_code"] });
    const label = button.textContent;
    let stream = null;
    let seen = { what: "", at: 0 };
    function close() {
      camera.on = false;
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = null;
      box.hidden = true;
      button.textContent = label;
      button.setAttribute("aria-pressed", "false");
    }
    async function look() {
      if (!camera.on) return;
      try {
        const [code] = await reader.detect(video);
        if (code && (code.rawValue !== seen.what || Date.now() - seen.at > 5000)) scanned(code.rawValue);
        if (code) seen = { what: code.rawValue, at: Date.now() }; // a card held still before the camera is one card
      } catch (_) { /* no picture yet */ }
      window.setTimeout(look, 150);
    }
    button.addEventListener("click", async () => {
      if (camera.on) { close(); field.focus(); return; }
      find("[data-camera-refused]").hidden = true;
      try {
        stream = video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
        await video.play();
        camera.on = true;
        box.hidden = false;
        button.textContent = button.dataset.stop;
        button.setAttribute("aria-pressed", "true");
        look();
      } catch (_) {
        close();
        find("[data-camera-refused]").hidden = false;
      }
    });
    window.addEventListener("pagehide", close);
    button.hidden = false;
  }
  prepareCamera().catch(() => { /* typing always works */ });

  desk.querySelectorAll("[data-without-script]").forEach((one) => { one.hidden = true; });
  quietPhotos();
  draw();
  field.focus({ preventScroll: true });
  send();
})();
