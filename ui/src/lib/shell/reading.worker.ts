/** Reads long commands away from the page's own thread. */
import { read } from "./reading";

self.onmessage = ({ data: { id, question } }: MessageEvent<{ id: number; question: string }>) => {
  self.postMessage({ id, answer: read(question) });
};
