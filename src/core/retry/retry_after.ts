/**
 * `Retry-After`: how long a receiver asks us to stay away (RFC 9110, sections 10.2.3 and 5.6.7).
 *
 * @module
 */
import { daysInMonth, epochMs, formatTimestamp } from "../timestamp.ts";

// Each expression is anchored and of fixed length but for the blanks at its ends, so it runs in linear time.
const SECONDS = /^[ \t]*(\d+)[ \t]*$/;
const IMF_FIXDATE = /^[ \t]*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT[ \t]*$/;
const RFC_850 =
  /^[ \t]*(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT[ \t]*$/;
const ASCTIME = /^[ \t]*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})[ \t]*$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Reads the value of `Retry-After`: seconds, or a date in any of the three forms of HTTP.
 *
 * @param nowMs epoch milliseconds by our clock when the answer came
 * @returns milliseconds to wait, 0 if the date has passed, or `undefined` if the value is missing or unreadable
 *
 * @example
 * ```ts
 * import { parseRetryAfter } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseRetryAfter("120", 0), 120_000);
 * assertEquals(parseRetryAfter("Thu, 01 Jan 1970 00:00:30 GMT", 10_000), 20_000);
 * assertEquals(parseRetryAfter("soon", 0), undefined);
 * ```
 */
export function parseRetryAfter(value: string | null | undefined, nowMs: number): number | undefined {
  if (value === null || value === undefined) return undefined;
  const seconds = SECONDS.exec(value);
  if (seconds) return Math.min(Number(seconds[1]) * 1_000, Number.MAX_SAFE_INTEGER);
  const dateMs = parseHttpDate(value, nowMs);
  return dateMs === undefined ? undefined : Math.max(0, dateMs - nowMs);
}

/**
 * Reads an HTTP date: IMF-fixdate, or the obsolete forms of RFC 850 and of C's asctime. The name of the day is not
 * checked against the date. A year of two digits is the last that leads no more than 50 years beyond `nowMs`.
 *
 * @returns epoch milliseconds, or `undefined` if the text is no HTTP date
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const imf = IMF_FIXDATE.exec(text);
  if (imf) return moment(Number(imf[3]), imf[2], Number(imf[1]), imf[4], imf[5], imf[6]);
  const asctime = ASCTIME.exec(text);
  if (asctime) return moment(Number(asctime[6]), asctime[1], Number(asctime[2]), asctime[3], asctime[4], asctime[5]);
  const old = RFC_850.exec(text);
  if (!old) return undefined;
  const [thisYear, thisMonth, today] = formatTimestamp(nowMs).slice(0, 10).split("-").map(Number);
  const ofDayMs = nowMs - epochMs(thisYear, thisMonth, today, 0, 0, 0, 0);
  const latestMs = epochMs(thisYear + 50, thisMonth, today, 0, 0, 0, 0) + ofDayMs;
  let year = thisYear - (thisYear % 100) + 100 + Number(old[3]);
  for (let tries = 0; tries < 3; tries++, year -= 100) {
    const ms = moment(year, old[2], Number(old[1]), old[4], old[5], old[6]);
    if (ms !== undefined && ms <= latestMs) return ms;
  }
  return undefined;
}

function moment(
  year: number,
  monthName: string,
  day: number,
  hourText: string,
  minuteText: string,
  secondText: string,
): number | undefined {
  const month = MONTHS.indexOf(monthName) + 1;
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  if (month === 0 || day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) {
    return undefined;
  }
  return epochMs(year, month, day, hour, minute, second, 0);
}
