"use strict";
// Keeps an open page current: fetches it again, quickly while jobs are still being fetched and now and then afterwards,
// and changes what has changed. What is being typed, the focus and the selection stay as they are. Nothing is fetched
// while nobody can see the page.
(() => {
  let timer, due, busy = false;
  const key = node => node && node.dataset && node.dataset.key;

  function schedule() {
    clearTimeout(timer);
    if (!busy && !document.hidden) timer = setTimeout(update, Math.max(0, due - Date.now()));
  }

  function later() {
    due = Date.now() + 1000 * document.body.dataset.seconds;
    schedule();
  }

  async function update() {
    busy = true;
    try {
      const address = new URL(location);
      address.username = address.password = ""; // the browser knows them, and fetches no address that has them
      const answer = await fetch(address, {
        cache: "no-store", headers: { "X-Page-Reload": "1" }, signal: AbortSignal.timeout(10000),
      });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok || !fresh.getElementById("outdated")) throw new Error(answer.statusText);
      const focused = document.activeElement;
      for (const part of ["header", "main"]) morph(document.querySelector(part), fresh.querySelector(part));
      document.body.dataset.seconds = fresh.body.dataset.seconds;
      if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    } catch {
      document.getElementById("outdated").hidden = false;
    }
    busy = false;
    later();
  }

  // morph makes an element what another one is, by as few changes as it can.
  function morph(was, now) {
    if (was.isEqualNode(now)) return;
    if (was.nodeName !== now.nodeName) return was.replaceWith(now);
    if (was.nodeType !== Node.ELEMENT_NODE) return void (was.nodeValue = now.nodeValue);
    for (const { name } of [...was.attributes]) if (!now.hasAttribute(name)) was.removeAttribute(name);
    for (const { name, value } of now.attributes) if (was.getAttribute(name) !== value) was.setAttribute(name, value);
    morphChildren(was, now);
  }

  // morphChildren knows jobs and accounts by their keys, wherever they have moved to, and everything else by its place.
  function morphChildren(was, now) {
    const keyed = new Map([...was.children].filter(key).map(child => [key(child), child]));
    let place = was.firstChild;
    for (const child of [...now.childNodes]) {
      const match = key(child) ? keyed.get(key(child)) : place && !key(place) ? place : null;
      if (match && match === place) place = place.nextSibling;
      else was.insertBefore(match || child, place);
      if (match) morph(match, child);
    }
    while (place) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
  }

  document.addEventListener("visibilitychange", schedule);
  later();
})();
