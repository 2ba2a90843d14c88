/**
 * Request and reply over the bus: what makes an event a reply.
 *
 * A request names in `replyto` the instance that waits. Its reply is an event of the request's type and `.reply`, with
 * the request's id as `causationid`, addressed to that instance.
 *
 * @module
 */

const SUFFIX = ".reply";

/** The type of the reply to an event. */
export function replyTypeOf(type: string): string {
  return type + SUFFIX;
}

/** Whether the type is that of a reply. */
export function isReplyType(type: string): boolean {
  return type.endsWith(SUFFIX);
}
