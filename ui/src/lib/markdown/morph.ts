/**
 * Makes one element's children equal to a fragment's with as few changes as it can, front to back.
 *
 * A paragraph that grows keeps its elements, and with them the person's selection, focus and scroll position.
 * Knows nothing of keys: a streamed text changes at its end, so what stands at the same place is the same.
 */

/** Moves what is new from `next` into `target`; `next` is used up. */
export function morphChildren(target: Node, next: Node): void {
  let old = target.firstChild;
  let fresh = next.firstChild;
  while (fresh) {
    const following = fresh.nextSibling;
    if (old === null) {
      target.appendChild(fresh);
    } else {
      const after = old.nextSibling;
      if (!morphNode(old, fresh)) target.replaceChild(fresh, old);
      old = after;
    }
    fresh = following;
  }
  while (old) {
    const after = old.nextSibling;
    target.removeChild(old);
    old = after;
  }
}

/** True when `old` could be made equal to `fresh` in place. */
function morphNode(old: Node, fresh: Node): boolean {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return false;
  if (old.nodeType === Node.TEXT_NODE) {
    growText(old as Text, fresh.nodeValue ?? "");
    return true;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return false;
  if (!sameAttributes(old as Element, fresh as Element)) return false;
  morphChildren(old, fresh);
  return true;
}

/** Appends where it can: setting the whole text would drop a selection inside it. */
function growText(old: Text, value: string): void {
  if (old.data === value) return;
  if (value.startsWith(old.data)) old.appendData(value.slice(old.data.length));
  else old.data = value;
}

function sameAttributes(old: Element, fresh: Element): boolean {
  if (old.attributes.length !== fresh.attributes.length) return false;
  return [...fresh.attributes].every(
    (attribute) => old.getAttribute(attribute.name) === attribute.value,
  );
}
