const TABLE = table();

/** The CRC-32 of gzip and PNG: finds every change of up to 32 bits in a row, and others but for one in 2³². */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function table(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb8_8320 ^ (byte >>> 1) : byte >>> 1;
    return byte;
  });
}
