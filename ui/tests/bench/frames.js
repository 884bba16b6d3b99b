/**
 * Runs inside the page and watches its frames. Plain script text, so that any driver can inject it.
 *
 * Two figures per frame. `work` is how long the engine was busy with it: from the start of its callbacks to the first
 * task after style, layout and drawing. `interval` is the time since the frame before; without a fast screen it is a
 * sixtieth of a second at best, so only its tail says something.
 */
(() => {
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const viewport = () => document.querySelector("[role=log]");
  const sorted = (values) => [...values].sort((a, b) => a - b);
  const round = (value) => Math.round(value * 100) / 100;

  function figures(values) {
    const order = sorted(values);
    const at = (part) =>
      round(order[Math.min(order.length - 1, Math.floor(order.length * part))] ?? 0);
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
  }

  /** Watches until the returned function is called; it gives the figures. */
  function watch() {
    const work = [];
    const intervals = [];
    const after = new MessageChannel();
    let running = true;
    let started = 0;
    let last;
    after.port1.onmessage = () => work.push(performance.now() - started);
    const tick = () => {
      started = performance.now();
      if (last !== undefined) intervals.push(started - last);
      last = started;
      after.port2.postMessage(null);
      if (running) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    return () => {
      running = false;
      return {
        frames: work.length,
        work: figures(work),
        interval: figures(intervals),
        late: intervals.filter((interval) => interval > 25).length,
      };
    };
  }

  /** From the click on a session to its messages on the screen. */
  async function open(hash) {
    const before = document.querySelector("[data-message]");
    const shown = () => {
      const message = document.querySelector("[data-message]");
      return message !== null && message !== before;
    };
    const started = performance.now();
    location.hash = hash;
    while (!shown()) await frame();
    await frame();
    await frame();
    return { ms: round(performance.now() - started) };
  }

  /** The sessions in the list. */
  const sessions = async () =>
    [...document.querySelectorAll("a[href*='#/sessions/']")].map((link) =>
      link.getAttribute("href"),
    );

  /**
   * How far the view is from its end. Text that comes in the frame that is measured is followed at that frame's end,
   * after it was measured; a view that follows is at its end in some of them, one that falls behind in none.
   */
  async function fromEnd(view) {
    let least = Infinity;
    for (let i = 0; i < 30; i += 1) {
      await frame();
      least = Math.min(least, view.scrollHeight - view.clientHeight - view.scrollTop);
    }
    return round(least);
  }

  /** Frames while text streams in, with the view at its end. */
  async function stream(ms) {
    const view = viewport();
    const before = view.textContent.length;
    const stop = watch();
    await wait(ms);
    const figures = stop();
    return {
      ...figures,
      characters: view.textContent.length - before,
      fromEnd: await fromEnd(view),
    };
  }

  /** Frames while somebody scrolls from the newest message to the first, faster than anyone can. */
  async function scrollToTop(step, limit) {
    const view = viewport();
    const began = performance.now();
    const stop = watch();
    let mounted = 0;
    let still = 0;
    while (still < 60 && performance.now() - began < limit) {
      view.scrollTop -= step;
      await frame();
      mounted = Math.max(mounted, document.querySelectorAll("[data-message]").length);
      still = view.scrollTop <= 0 ? still + 1 : 0;
    }
    const result = stop();
    const first = document.querySelector("[data-message]")?.textContent ?? "";
    return {
      ...result,
      seconds: round((performance.now() - began) / 1000),
      mounted,
      first: first.slice(0, 40),
    };
  }

  /** The first thing that begins inside the view, and where. */
  function anchor() {
    const top = viewport().getBoundingClientRect().top;
    const element = [...document.querySelectorAll("[data-message], [data-anchor]")].find(
      (part) =>
        part.checkVisibility({ contentVisibilityAuto: true }) &&
        part.getBoundingClientRect().top >= top,
    );
    return { element, at: () => element.getBoundingClientRect().top - top };
  }

  /** How far what a reader looks at moves by itself while text streams in below. Pixels; must be none. */
  async function steadyWhileStreaming(ms) {
    const view = viewport();
    view.dispatchEvent(new WheelEvent("wheel", { deltaY: -100 }));
    view.scrollTop -= view.clientHeight * 0.4;
    await wait(500);
    const { at } = anchor();
    const before = at();
    const height = view.scrollHeight;
    let moved = 0;
    const end = performance.now() + ms;
    while (performance.now() < end) {
      await frame();
      moved = Math.max(moved, Math.abs(at() - before));
    }
    return { moved: round(moved), grew: view.scrollHeight - height };
  }

  /** How far it moves, beside the scrolling itself, while history is mounted above. Pixels; must be none. */
  async function steadyWhilePaging(steps) {
    const view = viewport();
    view.dispatchEvent(new WheelEvent("wheel", { deltaY: -100 }));
    let moved = 0;
    const first = document.querySelectorAll("[data-message]")[0];
    for (let step = 0; step < steps; step += 1) {
      const { element, at } = anchor();
      const before = at();
      const scrolled = Math.min(40, view.scrollTop);
      view.scrollTop -= scrolled;
      await frame();
      await frame();
      if (element.isConnected) moved = Math.max(moved, Math.abs(at() - before - scrolled));
    }
    return {
      moved: round(moved),
      mountedMore: document.querySelectorAll("[data-message]")[0] !== first,
    };
  }

  window.gatehouseBench = {
    open,
    sessions,
    stream,
    scrollToTop,
    steadyWhileStreaming,
    steadyWhilePaging,
  };
})();
