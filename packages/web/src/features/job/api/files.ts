/** Text of files that runs produced; each is named by its content, so it never goes stale. */
import type { ArtifactView } from '@omtx/contract';
import { queryOptions } from '@tanstack/react-query';

export function fileQuery(file: ArtifactView | undefined) {
  return queryOptions({
    queryKey: ['file', file?.sha256 ?? ''],
    queryFn: async () => {
      if (!file) throw new Error('no file');
      const response = await fetch(file.href);
      if (!response.ok) throw new Error(`The file ${file.name} could not be read: the hub answered ${String(response.status)}.`);
      return response.text();
    },
    enabled: file !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10 * 60_000,
  });
}

export function fileByRole(files: readonly ArtifactView[] | undefined, role: string): ArtifactView | undefined {
  return files?.find((file) => file.role === role);
}
