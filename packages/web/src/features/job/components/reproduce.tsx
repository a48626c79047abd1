/** The command that gets the same from the bare engine, as the model wrote it down. */
import type { RowDetail } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '../../../components/copy-button.tsx';
import { fileByRole, fileQuery } from '../api/files.ts';

export function Reproduce({ row }: { readonly row: RowDetail }) {
  const file = useQuery(fileQuery(fileByRole(row.artifacts, 'reproduce')));
  if (file.data === undefined) return null;
  const command = commandOf(file.data);
  return (
    <section className="mt-3">
      <div className="flex items-center justify-between">
        <h3 className="font-medium">Reproduce</h3>
        <CopyButton text={command} label="Copy the command" />
      </div>
      <pre className="bg-surface-2 border-line overflow-auto rounded-md border p-2 font-mono text-xs whitespace-pre-wrap">{command}</pre>
    </section>
  );
}

function commandOf(text: string): string {
  const { command }: { readonly command?: unknown } = JSON.parse(text);
  if (Array.isArray(command)) return command.map(String).join(' ');
  return typeof command === 'string' ? command : text;
}
