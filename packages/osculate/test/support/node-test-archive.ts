import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const beside = fileURLToPath(new URL('../../../../../shared/onnx-node-tests.tar.gz', import.meta.url));
const named = process.env.OSCULATE_ONNX_NODE_TESTS;
if (named && !existsSync(named)) throw new Error(`OSCULATE_ONNX_NODE_TESTS: there is no file ${named}`);
const archive = named || (existsSync(beside) ? beside : undefined);

/** Why the node tests of the ONNX standard cannot run; undefined where they can. They are not ours to distribute. */
export const noNodeTests =
  archive === undefined ? 'OSCULATE_ONNX_NODE_TESTS does not name the archive of the node tests of ONNX' : undefined;

/** Regular files of a tar archive. */
function* entries(tar: Uint8Array): Generator<readonly [string, Uint8Array]> {
  const text = (from: number, length: number): string => {
    const bytes = tar.subarray(from, from + length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  };
  let long: string | undefined;
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const name = text(at, 100);
    const type = tar[at + 156];
    // GNU tar writes a name of more than 100 characters as an entry before the file's own.
    if (type === 76) long = text(at + 512, size);
    else {
      const path = long ?? (prefix === '' ? name : `${prefix}/${name}`);
      long = undefined;
      if (type === 0 || type === 48) yield [path, tar.subarray(at + 512, at + 512 + size)];
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** The files of the node tests by path, as `test_abs/model.onnx`; none where there is no archive. */
export function nodeTestFiles(): Map<string, Uint8Array> {
  if (archive === undefined) return new Map();
  const tar = new Uint8Array(gunzipSync(readFileSync(archive)));
  return new Map([...entries(tar)].map(([path, bytes]) => [path.replace(/^\.\//, ''), bytes]));
}
