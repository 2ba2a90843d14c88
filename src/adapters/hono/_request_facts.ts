/**
 * What the gateway wants to know of a request's headers, found in one pass: looking each up by name would cost a pass
 * each.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";

/** Largest header section, in bytes; servers have smaller bounds of their own. */
export const MAX_HEADER_BYTES = 65_536;

/** The headers that the gateway itself reads. */
export interface RequestFacts {
  readonly host: string | undefined;
  /** The credential, where one is asked for. */
  readonly authorization: string | undefined;
  readonly origin: string | undefined;
  readonly contentType: string | undefined;
  readonly contentLength: string | undefined;
  readonly prefer: string | undefined;
  /** Token of a lease: the request comes from the instance that holds it. */
  readonly lease: string | undefined;
  /** Milliseconds that what is published is to be kept; as it was sent. */
  readonly delay: string | undefined;
  /** Whether a proxy says that it passed the request on. */
  readonly forwarded: boolean;
}

/**
 * Reads the headers.
 *
 * @throws {BellhopError} `headers-too-large`
 */
export function requestFacts(headers: Headers): RequestFacts {
  let host, authorization, origin, contentType, contentLength, prefer, lease, delay: string | undefined;
  let forwarded = false;
  let bytes = 0;
  headers.forEach((value, name) => {
    bytes += name.length + value.length + 4; // ": " and the line's end
    switch (name) {
      case "host":
        host = value;
        break;
      case "authorization":
        authorization = value;
        break;
      case "origin":
        origin = value;
        break;
      case "content-type":
        contentType = value;
        break;
      case "content-length":
        contentLength = value;
        break;
      case "prefer":
        prefer = value;
        break;
      case "bellhop-lease":
        lease = value;
        break;
      case "bellhop-delay-ms":
        delay = value;
        break;
      case "forwarded":
      case "via":
      case "x-real-ip":
        forwarded = true;
        break;
      default:
        if (name.startsWith("x-forwarded-")) forwarded = true;
    }
  });
  if (bytes > MAX_HEADER_BYTES) {
    throw new BellhopError("headers-too-large", `The headers may take ${MAX_HEADER_BYTES} bytes`);
  }
  return { host, authorization, origin, contentType, contentLength, prefer, lease, delay, forwarded };
}
