/** Chooses the backend: the desktop's, or in a development build a fake that the address names. */
import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

export async function chooseBackend(search: string): Promise<Backend> {
  // The constant is false in a production build, which drops the branch and the fake with it.
  if (__FAKE_BACKEND__ && new URLSearchParams(search).has("fake")) {
    const { fakeBackend } = await import("./fake/fake");
    const fake = fakeBackend(search);
    // The screens check brings a screen into its state with these.
    Object.assign(globalThis, { fake: fake.controls });
    return fake;
  }
  return tauriBackend();
}
