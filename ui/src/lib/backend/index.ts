/** Chooses the backend: the desktop's, the browser's, or in a development build a fake that the address names. */
import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

/** What Tauri leaves in its windows. A page without it was served by a gateway. */
const inDesktop = () => "__TAURI_INTERNALS__" in globalThis;

/** `credential` asks the person and resolves once the browser is signed in. */
export async function chooseBackend(
  search: string,
  credential: (gateway: string, signIn: (typed: string) => Promise<void>) => Promise<void>,
): Promise<Backend> {
  // The constant is false in a production build, which drops the branch and the fake with it.
  if (__FAKE_BACKEND__ && new URLSearchParams(search).has("fake")) {
    const { fakeBackend, fakeSignIn } = await import("./fake/fake");
    await fakeSignIn(search, credential);
    const fake = fakeBackend(search);
    // The screens check brings a screen into its state with these.
    Object.assign(globalThis, { fake: fake.controls });
    return fake;
  }
  if (inDesktop()) return tauriBackend();
  const { browserSession, httpBackend, signIn } = await import("./http");
  const session = await browserSession();
  if (session && !session.signedIn) {
    // A gateway that asks for nothing on this machine lets the browser in without a form.
    await signIn(null).catch(() => credential(session.name, signIn));
  }
  return httpBackend(() => globalThis.location.reload());
}
