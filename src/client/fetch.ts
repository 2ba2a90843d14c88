/**
 * What the client asks of the platform's `fetch`.
 *
 * @module
 */

/** As the platform's `fetch`, of which it needs no more than this. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;
