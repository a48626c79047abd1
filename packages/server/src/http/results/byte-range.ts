/** The header `Range` (RFC 9110, 14). Pure. */
import type { ByteRange } from '../../storage/artifacts/artifact-store.ts';

/** @returns undefined where the whole is to be sent: no range, several, another unit; 'unsatisfiable' where none of it is in the file */
export function byteRangeOf(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const [, start = '', end = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(header ?? '') ?? [];
  if (start === '' && end === '') return undefined;
  if (start === '') {
    const length = Math.min(Number(end), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { first: sizeBytes - length, last: sizeBytes - 1 };
  }
  const first = Number(start);
  const last = end === '' ? sizeBytes - 1 : Math.min(Number(end), sizeBytes - 1);
  if (end !== '' && Number(end) < first) return undefined;
  return first >= sizeBytes ? 'unsatisfiable' : { first, last };
}
