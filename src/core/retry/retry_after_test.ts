import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseHttpDate, parseRetryAfter } from "./retry_after.ts";

const NOW = 1_767_225_600_000; // 2026-01-01T00:00:00Z
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const second = fc.integer({ min: -2_208_988_800, max: 253_402_300_799 });
// Within the 100 years that two digits can name at NOW.
const nearSecond = fc.integer({ min: NOW / 1_000 - 49 * 31_536_000, max: NOW / 1_000 + 49 * 31_536_000 });

Deno.test("parseHttpDate() reads what the platform writes, in all three forms", () => {
  fc.assert(fc.property(second, nearSecond, fc.constantFrom("", " ", "\t "), (any, near, blank) => {
    const date = new Date(any * 1_000);
    const imf = date.toUTCString();
    const [, day, month, year, time] = imf.split(" ");
    assertEquals(parseHttpDate(blank + imf + blank, NOW), any * 1_000);
    const asctime = `${imf.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;
    assertEquals(parseHttpDate(asctime, NOW), any * 1_000);
    const nearDate = new Date(near * 1_000);
    const [, d, m, y, t] = nearDate.toUTCString().split(" ");
    assertEquals(parseHttpDate(`${DAYS[nearDate.getUTCDay()]}, ${d}-${m}-${y.slice(2)} ${t} GMT`, NOW), near * 1_000);
  }));
});

Deno.test("parseHttpDate() reads the examples of RFC 9110 alike", () => {
  for (
    const text of [
      "Sun, 06 Nov 1994 08:49:37 GMT",
      "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
  ) assertEquals(parseHttpDate(text, NOW), 784_111_777_000);
});

Deno.test("parseHttpDate() takes a year of two digits for the past when it is over 50 years ahead", () => {
  assertEquals(parseHttpDate("Wednesday, 01-Jan-76 00:00:00 GMT", NOW), Date.UTC(2076, 0, 1));
  assertEquals(parseHttpDate("Wednesday, 01-Jan-76 00:00:01 GMT", NOW), Date.UTC(1976, 0, 1, 0, 0, 1));
  assertEquals(parseHttpDate("Sunday, 29-Feb-00 00:00:00 GMT", Date.UTC(2099, 5, 1)), Date.UTC(2000, 1, 29));
});

Deno.test("parseHttpDate() takes years of two digits from 49 years ago to 50 ahead, at any present", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2e10 }), fc.integer({ min: -49, max: 49 }), (now, years) => {
    const date = new Date((now + years * 31_556_952) * 1_000);
    const [, day, month, year, time] = date.toUTCString().split(" ");
    const text = `${DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(-2)} ${time} GMT`;
    assertEquals(parseHttpDate(text, now * 1_000), date.getTime());
  }));
  for (let year = 1971; year < 2500; year++) {
    const digits = String((year + 50) % 100).padStart(2, "0");
    const nowMs = Date.UTC(year, 0, 1);
    assertEquals(parseHttpDate(`Monday, 01-Jan-${digits} 00:00:00 GMT`, nowMs), Date.UTC(year + 50, 0, 1));
    assertEquals(parseHttpDate(`Monday, 01-Jan-${digits} 00:00:01 GMT`, nowMs), Date.UTC(year - 50, 0, 1, 0, 0, 1));
  }
  // No year that the two digits can name has that day: those three of a century are tried, and no fourth.
  assertEquals(parseHttpDate("Sunday, 29-Feb-00 00:00:00 GMT", Date.UTC(2250, 0, 1)), undefined);
});

Deno.test("parseHttpDate() takes two digits for the last year that leads no more than 50 years ahead, day and hour counted", () => {
  const shifted = (ms: number, years: number) => new Date(ms).setUTCFullYear(new Date(ms).getUTCFullYear() + years);
  const ahead = fc.oneof(fc.integer({ min: -49 * 31_556_952, max: 50 * 31_556_952 }), fc.integer({ max: 0x7fff_ffff }));
  const present = fc.oneof(
    fc.integer({ min: 0, max: 2e10 }),
    // Close to a new year, where the mean length of a year says least.
    fc.tuple(fc.integer({ min: 1970, max: 2500 }), fc.integer({ min: -90_000, max: 90_000 })).map(([year, seconds]) =>
      Date.UTC(year, 0, 1) / 1_000 + seconds
    ),
  );
  fc.assert(fc.property(present, fc.oneof(ahead, fc.integer({ min: -9, max: 9 })), (now, seconds) => {
    const nowMs = now * 1_000;
    const date = new Date(shifted(nowMs, 50) + seconds * 1_000);
    const [, day, month, year, time] = date.toUTCString().split(" ");
    // Of 29 February not every year knows.
    if (day === "29" && month === "Feb") return;
    const found = parseHttpDate(`${DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(-2)} ${time} GMT`, nowMs);
    assert(found !== undefined && found <= shifted(nowMs, 50) && shifted(found, 100) > shifted(nowMs, 50));
  }));
  const nowMs = Date.UTC(1972, 11, 31, 20);
  assertEquals(parseHttpDate("Saturday, 31-Dec-22 20:00:00 GMT", nowMs), Date.UTC(2022, 11, 31, 20));
  assertEquals(parseHttpDate("Sunday, 01-Jan-23 10:00:00 GMT", nowMs), Date.UTC(1923, 0, 1, 10));
});

Deno.test("parseHttpDate() takes blanks around each form, a leap second, and nothing else around or within", () => {
  const forms = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"];
  for (const text of forms) {
    for (const blanked of [` ${text}`, `\t ${text}`, `${text} `, `${text} \t`]) {
      assertEquals(parseHttpDate(blanked, NOW), 784_111_777_000, blanked);
    }
    assertEquals(parseHttpDate(text.replace(":37", ":60"), NOW), 784_111_800_000);
    const faults = [
      `x${text}`,
      `${text}x`,
      text.replace(":37", ":61"),
      text.replace("Nov", "Nev"),
      text.replace("6", "0"),
    ];
    for (const fault of faults) assertEquals(parseHttpDate(fault, NOW), undefined, fault);
  }
});

Deno.test("parseHttpDate() refuses dates that do not exist and forms of others", () => {
  for (
    const text of [
      "Sun, 31 Feb 2026 00:00:00 GMT",
      "Sunday, 31-Feb-26 00:00:00 GMT",
      "Sun Feb 31 00:00:00 2026",
      "Sun, 00 Jan 2026 00:00:00 GMT",
      "Sun, 06 Nov 1994 24:00:00 GMT",
      "Sun, 06 Nov 1994 08:60:00 GMT",
      "Sun, 06 Nov 1994 08:49:37 UTC",
      "Sun, 6 Nov 1994 08:49:37 GMT",
      "sun, 06 nov 1994 08:49:37 gmt",
      "1994-11-06T08:49:37Z",
      "Sun, 06 Nov 1994 08:49:37 GMT, 5",
    ]
  ) assertEquals(parseHttpDate(text, NOW), undefined, text);
});

Deno.test("parseRetryAfter() reads seconds, and gives 0 for a date that has passed", () => {
  fc.assert(fc.property(fc.nat(), (seconds) => assertEquals(parseRetryAfter(`${seconds}`, NOW), seconds * 1_000)));
  assertEquals(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", NOW), 0);
  assertEquals(parseRetryAfter("Thu, 01 Jan 2026 00:02:00 GMT", NOW), 120_000);
  assertEquals(parseRetryAfter("9".repeat(1_000), NOW), Number.MAX_SAFE_INTEGER);
  for (const value of ["", " ", "-1", "+1", "1.5", "1e3", "0x10", "1 2", "１", null, undefined]) {
    assertEquals(parseRetryAfter(value, NOW), undefined, String(value));
  }
});

Deno.test("parseRetryAfter() never throws and never gives less than 0, whatever the text and the clock", () => {
  const near = fc.array(
    fc.constantFrom("Sun", "Sunday", ", ", " ", "06", "6", "-", "Nov", "1994", "94", "08:49:37", " GMT", "\t"),
    { maxLength: 12 },
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(fc.oneof(fc.string(), near), fc.integer(), (text, nowMs) => {
    const ms = parseRetryAfter(text, nowMs);
    assert(ms === undefined || ms >= 0);
  }));
});
