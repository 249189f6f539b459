import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../src/report/maps/png.js';

/** CRC-32 bit by bit (ISO/IEC 15948, annex D). */
function checksum(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('encodePng', () => {
  it('writes chunks with right lengths and check sums, whose pixels are the given ones', () => {
    const rgb = Uint8Array.from({ length: 3 * 5 * 4 }, (_, i) => (37 * i) % 256);
    const png = encodePng(5, 4, rgb);
    expect(Array.from(png.subarray(0, 8))).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    const view = new DataView(png.buffer);
    const chunks: [type: string, data: Uint8Array][] = [];
    for (let at = 8; at < png.length; ) {
      const length = view.getUint32(at);
      expect(view.getUint32(at + 8 + length)).toBe(checksum(png.subarray(at + 4, at + 8 + length)));
      chunks.push([new TextDecoder().decode(png.subarray(at + 4, at + 8)), png.subarray(at + 8, at + 8 + length)]);
      at += 12 + length;
    }
    expect(chunks.map(([type]) => type)).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect(Array.from(chunks[0]![1])).toEqual([0, 0, 0, 5, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
    const lines = inflateSync(chunks[1]![1]);
    const pixels = Array.from({ length: 4 }, (_, y) => Array.from(lines.subarray(16 * y + 1, 16 * (y + 1)))).flat();
    expect(pixels).toEqual(Array.from(rgb));
    expect([0, 1, 2, 3].map((y) => lines[16 * y])).toEqual([0, 0, 0, 0]);
  });
});
