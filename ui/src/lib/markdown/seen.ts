/** Calls once when an element is about to come into view. One observer for all: each of its own costs every frame. */
const waiting = new WeakMap<Element, () => void>();

let observer: IntersectionObserver | undefined;

function sharedObserver(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) report(target);
    },
    { rootMargin: "200px" },
  );
  return observer;
}

function report(target: Element): void {
  sharedObserver().unobserve(target);
  waiting.get(target)?.();
  waiting.delete(target);
}

export function whenSeen(target: Element, onSeen: () => void): () => void {
  waiting.set(target, onSeen);
  sharedObserver().observe(target);
  return () => {
    waiting.delete(target);
    sharedObserver().unobserve(target);
  };
}
