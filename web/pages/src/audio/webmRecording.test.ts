import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";
import { concat } from "./bytes.ts";
import { element, Id, number } from "./ebml.ts";
import { MAX_CHUNK_BYTES, type Packet } from "./recording.ts";
import { WebmReader } from "./webmReader.ts";
import { WebmRecording } from "./webmRecording.ts";
import { MAX_FRAME_BYTES } from "websocket-sessions";

/** The size of segment and clusters in a browser's live recording: unknown. */
const OPEN_SIZE = Uint8Array.from([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const TRACK = 0x81;
const HEADER = concat([
  element(Id.header, Uint8Array.from([0x42, 0x82, 0x84, 1, 2, 3, 4])),
  number(Id.segment),
  OPEN_SIZE,
  element(0x1654ae6b, new Uint8Array(60).fill(7)),
]);

function simpleBlock(time: number, data: Uint8Array): Uint8Array {
  return element(Id.simpleBlock, Uint8Array.from([TRACK, (time >> 8) & 0xff, time & 0xff, 0x80]), data);
}

function packetsOf(stream: Uint8Array, pieces: number[]): { reader: WebmReader; packets: Packet[] } {
  const reader = new WebmReader();
  const cuts = [0, ...pieces.map((at) => at % stream.length).sort((a, b) => a - b), stream.length];
  const packets = cuts.slice(1).flatMap((end, index) => reader.push(stream.subarray(cuts[index], end)));
  return { reader, packets };
}

function makeChunks(header: Uint8Array, packets: readonly Packet[]): Uint8Array[] {
  const recording = new WebmRecording(header, TRACK);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < packets.length;) {
    const { chunk, count } = recording.firstChunk(packets.slice(at));
    chunks.push(chunk);
    at += count;
  }
  return chunks;
}

const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const recording = fc.array(fc.array(bytes, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 5 });

test("a recording yields the same packets, whatever pieces it arrives in", () => {
  fc.assert(
    fc.property(recording, fc.array(fc.nat(), { maxLength: 30 }), (clusters, pieces) => {
      const stream = concat([
        HEADER,
        ...clusters.flatMap((blocks, index) => [
          number(Id.cluster),
          OPEN_SIZE,
          element(Id.timestamp, number(index * 1000)),
          ...blocks.map((data, block) => simpleBlock(block * 20, data)),
        ]),
      ]);
      const { reader, packets } = packetsOf(stream, pieces);
      expect(reader.header).toEqual(HEADER);
      expect(packets).toEqual(
        clusters.flatMap((blocks, index) =>
          blocks.map((data, block) => ({ time: index * 1000 + block * 20, data })),
        ),
      );
    }),
  );
});

test("each chunk can be read alone and fits a frame, and all packets are kept in order", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 1500 }), { maxLength: 80 }), (datas) => {
      const packets = datas.map((data, index) => ({ time: 60_000 + index * 20, data }));
      const chunks = makeChunks(HEADER, packets);
      expect(chunks.flatMap((chunk) => packetsOf(chunk, []).packets)).toEqual(packets);
      for (const chunk of chunks) {
        expect(packetsOf(chunk, []).reader.header).toEqual(HEADER);
        expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
      }
    }),
  );
});

test("packets far apart in time keep their times", () => {
  const packets = [0, 32_767, 32_768, 70_000].map((time) => ({ time, data: new Uint8Array(3) }));
  const chunks = makeChunks(HEADER, packets);
  expect(chunks.flatMap((chunk) => packetsOf(chunk, []).packets)).toEqual(packets);
});

test("the largest chunk fits a frame together with the push's envelope", () => {
  const push = {
    type: "message",
    sessionId: "s".repeat(64),
    epoch: "5f0c9a1e",
    offset: Number.MAX_SAFE_INTEGER,
    data: toBase64(new Uint8Array(MAX_CHUNK_BYTES)),
    contentType: "c".repeat(100),
    encoding: "base64",
    publishedAt: "2026-01-01T00:00:00Z",
  };
  expect(JSON.stringify(push).length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
});

test("base64 encoding is reversible", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (data) => {
      expect(fromBase64(toBase64(data))).toEqual(data);
    }),
  );
});
