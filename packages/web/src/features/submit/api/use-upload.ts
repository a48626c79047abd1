/** A library that is sent as a file: how far it is, and what the hub found in it. */
import type { Upload } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { hub, queryClient } from '../../../lib/hub.ts';
import { MOST_KEPT, type DraftUpload } from '../draft.ts';

/** While it is sent and read. */
const ASK_MS = 400;

export interface UploadState {
  /** What the hub knows of it; undefined before its first bytes have come. */
  readonly upload: Upload | undefined;
  /** The file itself; undefined where it was chosen before the page was loaded. */
  readonly file: File | undefined;
  readonly error: unknown;
  readonly send: (file: File) => void;
  readonly remove: () => void;
}

/** Larger than a draft can keep, or packed. */
export function mustBeSent({ size, name }: File): boolean {
  return size > MOST_KEPT || name.endsWith('.gz');
}

export function useUpload(draft: DraftUpload | undefined, change: (upload: DraftUpload | undefined) => void): UploadState {
  const [file, setFile] = useState<File>();
  const [error, setError] = useState<unknown>();
  const sending = useRef<AbortController>(undefined);
  const id = draft?.id;
  const known = useQuery({
    queryKey: ['upload', id ?? ''],
    queryFn: () => hub.getUpload(id ?? ''),
    enabled: id !== undefined && (file === undefined || error === undefined),
    // While its first bytes are on their way the hub does not know it yet.
    retry: file !== undefined,
    retryDelay: ASK_MS,
    refetchInterval: ({ state }) => (state.data?.state === 'receiving' || state.data?.state === 'reading' ? ASK_MS : false),
  });
  useEffect(() => () => sending.current?.abort(), []);
  const stop = useCallback(() => {
    sending.current?.abort();
    sending.current = undefined;
    setError(undefined);
    setFile(undefined);
  }, []);
  const send = useCallback(
    (chosen: File) => {
      stop();
      const gone = new AbortController();
      sending.current = gone;
      const newId = randomId();
      setFile(chosen);
      change({ id: newId, fileName: chosen.name });
      hub.upload(chosen, { id: newId, fileName: chosen.name }, gone.signal).then(
        (upload) => queryClient.setQueryData(['upload', newId], upload),
        (reason: unknown) => {
          if (!gone.signal.aborted) setError(reason);
        },
      );
    },
    [stop, change],
  );
  const remove = useCallback(() => {
    stop();
    change(undefined);
    // A file that is left over goes by itself after its days.
    if (id !== undefined) hub.deleteUpload(id).catch(() => undefined);
  }, [stop, change, id]);
  return { upload: id === undefined ? undefined : known.data, file, error: error ?? (file ? undefined : known.error), send, remove };
}

/** A UUID of version 4; `crypto.randomUUID` is missing where the page comes over plain HTTP from another machine. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
