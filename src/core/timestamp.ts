/**
 * RFC 3339 timestamps as whole epoch milliseconds, without the platform's clock or date parser.
 *
 * @module
 */

/**
 * Epoch milliseconds of a moment in the proleptic Gregorian calendar, in UTC.
 *
 * Days are counted by H. Hinnant's `days_from_civil`, exact for every year.
 *
 * @param month 1 to 12
 * @param day 1 to 31
 *
 * @example
 * ```ts
 * import { epochMs } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(epochMs(2026, 1, 1, 0, 0, 0, 0), 1_767_225_600_000);
 * ```
 */
export function epochMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
  millisecond: number,
): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000 + millisecond;
}

/** How many days the month (1 to 12) of the year has. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * Reads an RFC 3339 timestamp; digits of the second beyond the millisecond are cut off. A leap second
 * (`:60`) counts as the first moment of the next minute.
 *
 * @returns epoch milliseconds, or `undefined` if the text is not an RFC 3339 timestamp
 *
 * @example
 * ```ts
 * import { parseTimestamp } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseTimestamp("2026-01-01T01:00:00.5+01:00"), 1_767_225_600_500);
 * assertEquals(parseTimestamp("yesterday"), undefined);
 * ```
 */
export function parseTimestamp(text: string): number | undefined {
  if (text.length < 20 || text.length > 64) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if ((year | month | day | hour | minute | second) < 0) return undefined;
  const separator = text[10];
  if (text[4] !== "-" || text[7] !== "-" || text[13] !== ":" || text[16] !== ":") return undefined;
  if (separator !== "T" && separator !== "t" && separator !== " ") return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;

  let at = 19;
  let millisecond = 0;
  if (text[at] === ".") {
    const first = ++at;
    for (let scale = 100; isDigit(text, at); at++, scale /= 10) {
      if (scale >= 1) millisecond += (text.charCodeAt(at) - 48) * scale;
    }
    if (at === first) return undefined;
  }
  const offsetMinutes = offset(text, at);
  if (offsetMinutes === undefined) return undefined;
  return epochMs(year, month, day, hour, minute, second, millisecond) - offsetMinutes * 60_000;
}

/**
 * Writes epoch milliseconds as an RFC 3339 timestamp in UTC with three digits of the second.
 * Years 0 to 9999 only; the argument is clamped to them.
 *
 * @example
 * ```ts
 * import { formatTimestamp } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(formatTimestamp(1_767_225_600_500), "2026-01-01T00:00:00.500Z");
 * ```
 */
export function formatTimestamp(ms: number): string {
  const clamped = Math.min(253_402_300_799_999, Math.max(-62_167_219_200_000, Math.floor(ms)));
  const days = Math.floor(clamped / 86_400_000);
  const ofDay = clamped - days * 86_400_000;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const second = Math.floor(ofDay / 1_000);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${pad(Math.floor(second / 3_600), 2)}:` +
    `${pad(Math.floor(second / 60) % 60, 2)}:${pad(second % 60, 2)}.${pad(ofDay % 1_000, 3)}Z`;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    if (!isDigit(text, i)) return -1;
    value = value * 10 + text.charCodeAt(i) - 48;
  }
  return value;
}

function offset(text: string, at: number): number | undefined {
  const sign = text[at];
  if (sign === "Z" || sign === "z") return text.length === at + 1 ? 0 : undefined;
  if ((sign !== "+" && sign !== "-") || text.length !== at + 6 || text[at + 3] !== ":") return undefined;
  const hour = digits(text, at + 1, 2);
  const minute = digits(text, at + 4, 2);
  if (hour < 0 || minute < 0 || hour > 23 || minute > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (hour * 60 + minute);
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
