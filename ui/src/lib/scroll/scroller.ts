/**
 * Keeps a scrolled list still under its reader, and at its bottom for whoever is there.
 *
 * Every change of layout, whatever its cause (text that streams, an image, a page of history, a message whose real
 * height replaces its estimate), ends in one place: a resize observer, which runs after layout and before drawing.
 * It never decides what is mounted; it only says when an end comes near.
 */
import { anchorIndex, correction, distanceToBottom, firstBelow, followsBottom } from "./anchoring";

/** Marks elements inside a row that may be held on to; rows always may. */
export const ANCHOR = "[data-anchor]";

export interface ScrollReactions {
  /** The view began or stopped to follow the bottom. */
  onFollowing(following: boolean): void;
  onNearTop(): void;
  onNearBottom(): void;
}

interface Anchor {
  readonly element: Element;
  /** Pixels from the content's top: a scrolling that has not been reported yet does not change it. */
  readonly position: number;
}

/** An end is near when less than this is left, in pixels: what a fast scroll passes in a few frames. */
const NEAR = 2000;

const UPWARD_KEYS = new Set(["ArrowUp", "PageUp", "Home"]);

export class StableScroller {
  #following = true;
  #lastTop = 0;
  /** The finest first: a block may vanish while its row stays. */
  #anchors: readonly Anchor[] = [];
  #reporting: number | undefined;
  readonly #stop: () => void;

  constructor(
    private readonly viewport: HTMLElement,
    private readonly content: HTMLElement,
    private readonly reactions: ScrollReactions,
  ) {
    const observer = new ResizeObserver(() => this.settle());
    observer.observe(viewport);
    observer.observe(content);
    const listening = new AbortController();
    const options = { passive: true, signal: listening.signal };
    viewport.addEventListener("scroll", () => this.#scrolled(), options);
    viewport.addEventListener("wheel", (event) => event.deltaY < 0 && this.#letGo(), options);
    viewport.addEventListener("touchmove", () => this.#letGo(), options);
    viewport.addEventListener(
      "keydown",
      (event) => UPWARD_KEYS.has(event.key) && this.#letGo(),
      options,
    );
    this.#stop = () => {
      observer.disconnect();
      listening.abort();
      if (this.#reporting !== undefined) cancelAnimationFrame(this.#reporting);
    };
  }

  destroy(): void {
    this.#stop();
  }

  get following(): boolean {
    return this.#following;
  }

  /** Goes to the bottom and stays there. */
  followBottom(): void {
    this.#setFollowing(true);
    this.#lastTop = this.viewport.scrollTop;
    this.settle();
  }

  /** Puts the reader back where they were after the layout changed. */
  settle(): void {
    if (this.#following) this.#scrollTo(this.viewport.scrollHeight - this.viewport.clientHeight);
    else this.#restore();
    const top = this.viewport.scrollTop;
    // What is held stays held while nothing moved: measuring again would only add up what rounding hides.
    if (top !== this.#lastTop || !this.#anchor()) this.#hold();
    this.#lastTop = top;
    this.#reportEnds();
  }

  /**
   * Only here is it asked whether the person moved: between two layouts a browser moves a view as well. Settled in any
   * case, since the layout may have changed under the scrolling and be seen here first.
   */
  #scrolled(): void {
    this.#setFollowing(followsBottom(this.#following, this.#lastTop, this.#position()));
    this.settle();
  }

  /** The person wants to go up: a stream must not pull them back before their first movement arrives. */
  #letGo(): void {
    if (this.viewport.scrollHeight - this.viewport.clientHeight > 1) this.#setFollowing(false);
  }

  #setFollowing(following: boolean): void {
    if (following === this.#following) return;
    this.#following = following;
    if (!following) this.#hold();
    this.reactions.onFollowing(following);
  }

  #restore(): void {
    const anchor = this.#anchor();
    if (!anchor) return;
    const moved = correction(anchor.position, this.#positionOf(anchor.element));
    if (moved !== 0) this.#scrollTo(this.#unclampedTop() + moved);
  }

  #anchor(): Anchor | undefined {
    return this.#anchors.find(({ element }) => element.isConnected);
  }

  /** Where the reader scrolled to. A content that shrank makes the browser pull the view to its end: not their doing. */
  #unclampedTop(): number {
    const position = this.#position();
    const clamped = position.top < this.#lastTop && distanceToBottom(position) <= 1;
    return clamped ? this.#lastTop : position.top;
  }

  #scrollTo(top: number): void {
    if (Math.abs(this.viewport.scrollTop - top) >= 0.5) this.viewport.scrollTop = top;
  }

  /** Remembers what the reader looks at. Costs a few measurements of a layout that is already done. */
  #hold(): void {
    if (this.#following) return;
    const rows = this.content.children;
    const edge = this.viewport.getBoundingClientRect().top;
    const bottomOf = (row: number) => (rows[row]?.getBoundingClientRect().bottom ?? edge) - edge;
    const index = firstBelow(rows.length, bottomOf);
    const row = rows[index];
    if (!row) return;
    const next = rows[index + 1];
    const blocks = isDrawn(row) ? row.querySelectorAll(ANCHOR) : [];
    const candidates = [...blocks, ...(next ? [next] : [])];
    const extents = candidates.map((element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return { top: top - edge, bottom: bottom - edge };
    });
    const finest = candidates[anchorIndex(extents, this.viewport.clientHeight)];
    this.#anchors = [...(finest ? [finest] : []), row, ...(next ? [next] : [])].map((element) => ({
      element,
      position: this.#positionOf(element),
    }));
  }

  /** Once a frame at most: what is mounted for it has to be laid out before it can be seen to be enough. */
  #reportEnds(): void {
    if (this.#reporting !== undefined) return;
    this.#reporting = requestAnimationFrame(() => {
      this.#reporting = undefined;
      this.#report();
    });
  }

  #report(): void {
    const position = this.#position();
    if (position.top < NEAR) this.reactions.onNearTop();
    if (distanceToBottom(position) < NEAR) this.reactions.onNearBottom();
  }

  #position() {
    const {
      scrollTop: top,
      scrollHeight: contentHeight,
      clientHeight: viewportHeight,
    } = this.viewport;
    return { top, contentHeight, viewportHeight };
  }

  #offsetOf(element: Element): number {
    return element.getBoundingClientRect().top - this.viewport.getBoundingClientRect().top;
  }

  #positionOf(element: Element): number {
    return this.#offsetOf(element) + this.viewport.scrollTop;
  }
}

/**
 * False for a row that `content-visibility` still skips, though it may stand at the viewport's edge already: WebKit
 * draws it a moment later, and only then do its parts have places.
 */
function isDrawn(row: Element): boolean {
  return row.firstElementChild?.checkVisibility({ contentVisibilityAuto: true }) ?? true;
}
