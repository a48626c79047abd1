/** Where the program of a model comes from, and how sure that is. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
/** The word that stands for what is not known; a field that is left out would not tell whether anybody looked. */
export const UNKNOWN = 'unknown';
/** The version of a card whose source has none. */
export const UNPINNED = 'unpinned';

const PACKAGE_REGISTRIES = ['pypi', 'conda', 'debian', 'huggingface', 'container', 'release'] as const;
const SOURCE_EVIDENCE = ['run_here', 'repository_read', 'repository_listed', 'general_knowledge'] as const;

const Repository = Type.Union([Type.String({ format: 'uri', maxLength: 2_000 }), Type.Literal(UNKNOWN)], {
  description: 'Address of the code, or `unknown`.',
});
const evidence = Type.Enum(SOURCE_EVIDENCE, {
  description:
    'How it is known: the program ran here, its repository was read or only seen in a list, or it is said from general knowledge.',
});
const Name = Type.String({ minLength: 1, maxLength: 200 });
const Pin = Type.String({ minLength: 1, maxLength: 100, description: 'Exact version, or `unknown`.' });

export const Source = Type.Union(
  [
    Type.Object(
      { kind: Type.Literal('folder') },
      { ...closed, description: 'All of it is in the model folder, and its version is that of the manifest.' },
    ),
    Type.Object(
      {
        kind: Type.Literal('package'),
        registry: Type.Enum(PACKAGE_REGISTRIES, { description: 'Where the package is; `release`: a file of the repository.' }),
        name: Name,
        version: Pin,
        repository: Repository,
        evidence,
      },
      closed,
    ),
    Type.Object(
      {
        kind: Type.Literal('repository'),
        repository: Repository,
        revision: Type.String({ minLength: 1, maxLength: 100, description: 'Tag or commit, or `unknown`.' }),
        evidence,
      },
      closed,
    ),
  ],
  { description: 'Where the program comes from. What is not known is said as `unknown`.' },
);
export type Source = Static<typeof Source>;

/** The exact version or revision that the source names; undefined where that is not known. */
export function pinOf(source: Source): string | undefined {
  if (source.kind === 'folder') return undefined;
  const pin = source.kind === 'package' ? source.version : source.revision;
  return pin === UNKNOWN ? undefined : pin;
}

/** For people: `pypi boltz 2.2.1, https://...`. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'folder':
      return 'the model folder itself';
    case 'package':
      return `${source.registry} ${source.name} ${source.version === UNKNOWN ? '(version unknown)' : source.version}${at(source.repository)}`;
    case 'repository':
      return source.revision === UNKNOWN ? `${source.repository} (version unknown)` : `${source.repository}, ${source.revision}`;
    default:
      return source satisfies never;
  }
}

function at(repository: string): string {
  return repository === UNKNOWN ? '' : `, ${repository}`;
}
