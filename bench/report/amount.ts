import type { Ratio, Spread, Unit } from "./result.ts";

/** A unit that suits a size: what a number is divided by, and what stands behind it. */
export interface Scale {
  readonly per: number;
  readonly sign: string;
  /** The least size that it suits, if that is not one of it. */
  readonly from?: number;
}

/** A number with its unit, in the size that reads best: `1.24 µs`, `48 kB`, `12,300 /s`. */
export function amountText(value: number, unit: Unit): string {
  const { per, sign } = scaleOf(value, unit);
  return `${numberText(value / per)}${sign === "" ? "" : ` ${sign}`}`;
}

/** The quartiles in the unit of the median, without it: `47 – 49`; empty where nothing varies. */
export function quartilesText({ median, low, high }: Spread, unit: Unit): string {
  if (low === high) return "";
  const { per } = scaleOf(median, unit);
  return `${numberText(low / per)} – ${numberText(high / per)}`;
}

/** `0.92×`. */
export function ratioText({ median }: Ratio): string {
  return `${numberText(median)}×`;
}

/** Three digits that count, all of a larger number, and no `1.2e+3`; a whole number has no point. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  const size = Math.abs(value);
  if (size >= 1e15 || size !== 0 && size < 1e-4) return value.toExponential(1).replace("e", "·10^").replace("+", "");
  if (size >= 100) return NUMBER.format(Math.round(value));
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

/** The same without zeros at the end: for what was chosen and not measured, a limit or a tick. */
export function chosenText(value: number): string {
  return numberText(value).replace(/\.0+$|(\.\d*?[1-9])0+$/, "$1");
}

/** The unit in which a number of this size has 1 to 999 before its point, as far as there is one. */
export function scaleOf(value: number, unit: Unit): Scale {
  const scales = SCALES[unit];
  const size = Math.abs(value);
  return scales.findLast(({ per, from = per * 0.9995 }) => size >= from) ?? scales[0];
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

const TIMES = [[1, "ns"], [1e3, "µs"], [1e6, "ms"], [1e9, "s"], [60e9, "min"], [3_600e9, "h"]] as const;
/** Of minutes and hours, whose numbers are hard to set beside seconds. */
const LEAST_COUNT = 10;

const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  ns: times(1),
  ms: times(1e6),
  s: times(1e9),
  B: [{ per: 1, sign: "B" }, { per: 1e3, sign: "kB" }, { per: 1e6, sign: "MB" }, { per: 1e9, sign: "GB" }],
  "1": [{ per: 1, sign: "" }],
  "1/s": [{ per: 1, sign: "/s" }],
  "%": [{ per: 1, sign: "%" }],
};

/** Units of time, counted in one that is `ns` long. */
function times(ns: number): Scale[] {
  return TIMES.map(([size, sign]) => {
    const per = size / ns;
    return size < 60e9 ? { per, sign } : { per, sign, from: per * LEAST_COUNT };
  });
}
