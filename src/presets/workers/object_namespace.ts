/**
 * What the presets need of Cloudflare's objects, by shape: no type of the platform has to be installed.
 *
 * @module
 */
import type { ObjectStorage } from "../../adapters/stores/durable_object.ts";

/** A binding to a class of objects (`DurableObjectNamespace`). */
export interface ObjectNamespace {
  /** The object's id by its name. */
  idFromName(name: string): unknown;
  /** A way to the object. */
  get(id: never): { fetch(request: Request): Promise<Response> };
}

/** What the constructor of an object is given (`DurableObjectState`). */
export interface ObjectState {
  /** Its storage. */
  readonly storage: ObjectStorage;
}

/** Another Worker, bound as a service (`Fetcher`). */
export interface ServiceBinding {
  /** Calls it. */
  fetch(request: Request): Promise<Response>;
}
