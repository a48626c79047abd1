/** How long jobs are kept, what was deleted, and what the store of files holds. */
import type { Project, StoredFiles, Swept } from '@omtx/contract';
import { Command } from 'commander';
import { columns } from './columns.ts';
import { clientOf, common, print, type Common } from './command-options.ts';
import { UsageError } from './exit-codes.ts';

const MAX_DAYS = 36_500;

export function retentionCommands(): readonly Command[] {
  return [projectsCommand(), deletedCommand(), filesCommand()];
}

function projectsCommand(): Command {
  return common(
    new Command('projects').description('show projects, or say how long finished jobs of one are kept').argument('[name]', 'project'),
  )
    .option('--keep-days <days>', 'days after the end of a job, or forever')
    .action(async (name: string | undefined, options: Common & { readonly keepDays?: string }) => {
      const client = clientOf(options);
      if ((name === undefined) !== (options.keepDays === undefined))
        throw new UsageError('Say which project and for how long: omtx projects NAME --keep-days 90, or --keep-days forever.');
      const { projects } =
        name === undefined || options.keepDays === undefined
          ? await client.listProjects()
          : await client.changeProject(name, { retentionDays: daysOf(options.keepDays) });
      print(options, { projects }, () => projectTable(projects));
    });
}

function daysOf(text: string): number | null {
  if (text === 'forever') return null;
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new UsageError(`--keep-days takes a whole number from 1 to ${String(MAX_DAYS)} or forever, not "${text}".`);
}

function projectTable(projects: readonly Project[]): string {
  return columns(
    ['project', 'jobs', 'kept for', 'due'],
    projects.map(({ name, jobs, retentionDays, jobsDue }) => [
      name,
      String(jobs),
      retentionDays === null ? 'ever' : `${String(retentionDays)} days`,
      String(jobsDue),
    ]),
  );
}

function deletedCommand(): Command {
  return common(new Command('deleted').description('jobs that were deleted, the last one first')).action(async (options: Common) => {
    const { jobs } = await clientOf(options).listDeletedJobs();
    print(options, { jobs }, () =>
      columns(
        ['id', 'name', 'rows', 'deleted', 'why'],
        jobs.map(({ id, name, rows, deletedAt, reason }) => [id, name, String(rows), deletedAt.slice(0, 19).replace('T', ' '), reason]),
      ),
    );
  });
}

function filesCommand(): Command {
  return common(new Command('files').description('stored files, and those that no job and no upload names'))
    .option('--sweep', 'take away now what is over; the hub does so every few minutes')
    .action(async (options: Common & { readonly sweep?: boolean }) => {
      const client = clientOf(options);
      const swept = options.sweep === true ? await client.sweep() : undefined;
      const files = await client.storedFiles();
      print(options, swept ? { ...files, swept } : files, () => [describe(files), ...(swept ? [describeSwept(swept)] : [])].join('\n'));
    });
}

function describe({ known, unnamed }: StoredFiles): string {
  return `${size(known)} stored; ${size(unnamed)} named by no job and no upload, which go an hour after they were last stored`;
}

function describeSwept({ jobs, uploads, collected, adopted }: Swept): string {
  return `${String(jobs)} jobs and ${String(uploads)} uploads were over, ${size(collected)} taken away, ${size(adopted)} found that were not known`;
}

function size({ files, bytes }: { readonly files: number; readonly bytes: number }): string {
  return `${String(files)} files (${(bytes / 1024 ** 2).toFixed(1)} MiB)`;
}
