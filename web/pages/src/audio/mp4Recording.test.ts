import fc from "fast-check";
import { expect, test } from "vitest";
import { concat } from "./bytes.ts";
import { Mp4Reader } from "./mp4Reader.ts";
import { MAX_CHUNK_BYTES } from "./recording.ts";

function box(type: string, content: Uint8Array = new Uint8Array()): Uint8Array {
  const size = new DataView(new ArrayBuffer(4));
  size.setUint32(0, 8 + content.length);
  const name = Uint8Array.from(type, (character) => character.charCodeAt(0));
  return concat([new Uint8Array(size.buffer), name, content]);
}

const HEADER = concat([box("ftyp", new Uint8Array(24)), box("moov", new Uint8Array(700))]);
const fragment = (samples: Uint8Array): Uint8Array =>
  concat([box("moof", new Uint8Array(60)), box("mdat", samples)]);

function read(stream: Uint8Array, pieces: number[] = []): { reader: Mp4Reader; fragments: Uint8Array[] } {
  const reader = new Mp4Reader();
  const cuts = [0, ...pieces.map((at) => at % stream.length).sort((a, b) => a - b), stream.length];
  const packets = cuts.slice(1).flatMap((end, index) => reader.push(stream.subarray(cuts[index], end)));
  return { reader, fragments: packets.map(({ data }) => data) };
}

const samples = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 20 });

test("a recording yields the same fragments, whatever pieces it arrives in", () => {
  fc.assert(
    fc.property(samples, fc.array(fc.nat(), { maxLength: 30 }), (datas, pieces) => {
      const stream = concat([HEADER, ...datas.map(fragment)]);
      expect(read(stream, pieces).fragments).toEqual(datas.map(fragment));
    }),
  );
});

test("each chunk begins with the header and fits a frame, and all fragments are kept in order", () => {
  fc.assert(
    fc.property(samples, (datas) => {
      const { reader, fragments } = read(concat([HEADER, ...datas.map(fragment)]));
      const heard: Uint8Array[] = [];
      while (heard.length < fragments.length) {
        const packets = fragments.slice(heard.length).map((data) => ({ time: 0, data }));
        const { chunk, count } = reader.recording?.firstChunk(packets) ?? { chunk: HEADER, count: 0 };
        expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
        expect(count).toBeGreaterThan(0);
        heard.push(...read(chunk).fragments);
      }
      expect(heard).toEqual(fragments);
    }),
  );
});

test("the last of two descriptions is kept, as a recorder writes them when it stops", () => {
  const last = concat([box("moof", new Uint8Array(50)), box("mdat", new Uint8Array(5))]);
  const { fragments } = read(
    concat([HEADER, fragment(new Uint8Array(9)), box("moof", new Uint8Array(40)), last]),
  );
  expect(fragments).toEqual([fragment(new Uint8Array(9)), last]);
});

test("a box with a long size is read", () => {
  const long = concat([
    Uint8Array.from([0, 0, 0, 1]),
    box("mdat").subarray(4),
    Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 19, 7, 7, 7]),
  ]);
  const description = box("moof", new Uint8Array(60));
  expect(read(concat([HEADER, description, long])).fragments).toEqual([concat([description, long])]);
});
