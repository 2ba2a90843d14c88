/** A credential, or what gives one for each request: one that runs out, or is another after a restart, is renewed there. */
export type Token = string | (() => string | Promise<string>);
