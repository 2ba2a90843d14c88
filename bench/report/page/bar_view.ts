import { scaleOf } from "../amount.ts";
import type { Group } from "../group.ts";
import type { Measure, Spread } from "../result.ts";

/** How the bars of a group stand: against the floor or alone, on which axis, in which unit. */
export interface BarView {
  readonly measures: readonly Measure[];
  /** Of each measure what its bar shows. */
  readonly spreads: readonly (Spread | undefined)[];
  readonly floor: string | undefined;
  readonly asRatio: boolean;
  readonly isLog: boolean;
  /** What a number is divided by before it is drawn, and the sign of the unit. */
  readonly per: number;
  readonly sign: string;
  /** Ends of the axis, divided already; a linear axis may go further. */
  readonly from: number;
  readonly to: number;
  /** Where bars begin. */
  readonly base: number;
  /** The first that has a goal which this axis can show. */
  readonly aimed: Measure | undefined;
}

/** Beyond this the least bar could not be seen on a linear axis. */
const MOST_LINEAR = 30;
/** A ratio is at home on a logarithm, where half and double are alike; a narrower one would have no ticks there. */
const LEAST_LOG_RATIO = 3;

/** @param measures those of the group that are shown, at least one */
export function barView({ floor }: Group, measures: readonly Measure[]): BarView {
  const asRatio = measures.some(({ ratio }) => ratio !== undefined);
  const spreads = measures.map(({ value, ratio }) => asRatio ? ratio : value);
  const aimed = measures.find(({ goal }) => goal?.of === (asRatio ? "ratio" : "value"));
  const numbers = spreads.flatMap((spread) => spread === undefined ? [] : [spread.low, spread.median, spread.high]);
  const all = [...numbers, ...(aimed?.goal === undefined ? [] : [aimed.goal.limit]), ...(asRatio ? [1] : [])]
    .filter(Number.isFinite);
  const [least, most] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const isLog = numbers.length > 0 && least > 0 && most / least > (asRatio ? LEAST_LOG_RATIO : MOST_LINEAR);
  const { per, sign } = asRatio ? { per: 1, sign: "" } : scaleOf(isLog ? least : most, measures[0].unit);
  // A bar on a logarithm has no zero to begin at: without a floor it begins at the edge.
  const from = (isLog ? least / (asRatio ? 1.15 : 2) : Math.min(0, least)) / per;
  const to = (isLog ? most * 1.15 : most * 1.04) / per;
  const base = asRatio ? 1 : isLog ? from : 0;
  return { measures, spreads, floor, asRatio, isLog, per, sign, from, to, base, aimed };
}
