/**
 * 64 bits that stand for a (`source`, `id`) once its message has ended and only a row of it is kept.
 *
 * They begin from a secret, so that nobody can make up an id that is taken for another's. Not cryptographic: who sees
 * many of the hashes could learn the secret, and nobody outside sees one.
 */
export class IdHash {
  /** The lower half of the last hash. */
  low = 0;
  /** The upper half of the last hash. */
  high = 0;
  private readonly seedLow: number;
  private readonly seedHigh: number;
  private source: string | undefined;
  private sourceLow = 0;
  private sourceHigh = 0;
  private id: string | undefined;

  constructor(secret: string) {
    this.mix(secret, 0x243f_6a88, 0x85a3_08d3 | 0);
    this.seedLow = this.low;
    this.seedHigh = this.high;
  }

  /** Makes `low` and `high` those of this key; the same one twice, or the same source, costs nothing again. */
  of(source: string, id: string): void {
    if (source !== this.source) {
      this.mix(source, this.seedLow, this.seedHigh);
      this.source = source;
      this.sourceLow = this.low;
      this.sourceHigh = this.high;
    } else if (id === this.id) {
      return;
    }
    this.id = id;
    this.mix(id, this.sourceLow, this.sourceHigh);
  }

  /** Two lanes, two code units at a time; the turn brings what a multiplication has carried up down again. */
  private mix(text: string, seedLow: number, seedHigh: number): void {
    const { length } = text;
    let low = seedLow ^ length;
    let high = seedHigh;
    for (let at = 0; at < length; at += 2) {
      const units = at + 1 < length ? text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16) : text.charCodeAt(at);
      low = Math.imul(low ^ units, 0x9e37_79b1 | 0);
      low = (low << 15) | (low >>> 17);
      high = Math.imul(high ^ units, 0x85eb_ca77 | 0);
      high = (high << 13) | (high >>> 19);
    }
    low = Math.imul(low ^ (low >>> 16) ^ high, 0x85eb_ca6b | 0);
    high = Math.imul(high ^ (high >>> 16) ^ low, 0xc2b2_ae35 | 0);
    this.low = low ^ (low >>> 13) ^ (high >>> 16);
    this.high = high ^ (high >>> 13);
  }
}
