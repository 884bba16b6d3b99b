/** True in development, test and screens builds; the production bundle drops what it guards. */
declare const __FAKE_BACKEND__: boolean;
