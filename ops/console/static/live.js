// Asks for a page's live part again and again, rarely while nobody looks at it, and says where no answer comes.
"use strict";

(() => {
  const RARELY_S = 60;
  const SOON_S = 5;
  const live = document.getElementById("live");
  const silent = document.getElementById("silent");
  if (!live) return;
  let timer;

  const ask = () => htmx.trigger(live, "look");
  const wait = (answered) => {
    const every = Number(live.querySelector("[data-next]")?.dataset.next);
    if (answered && !every) return; // nothing more to come
    clearTimeout(timer);
    timer = setTimeout(ask, 1000 * (document.hidden ? RARELY_S : every || SOON_S));
  };
  const heard = (answered) => {
    if (silent) silent.hidden = answered;
    wait(answered);
  };

  document.addEventListener("htmx:after:swap", () => heard(true));
  document.addEventListener("htmx:error", () => heard(false));
  document.addEventListener("htmx:response:error", () => heard(false));
  document.addEventListener("visibilitychange", () => (document.hidden ? wait(true) : ask()));
  wait(true);
})();
