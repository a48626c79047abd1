/** A model whose worker runs as jobs of a Slurm cluster: settings of the runner of kind `slurm`. */
import { Type, type Static } from 'typebox';

const Name = Type.String({ pattern: '^[A-Za-z0-9_.,+-]+$', maxLength: 200 });

export const SlurmRunner = Type.Object(
  {
    kind: Type.Literal('slurm'),
    command: Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), {
      minItems: 1,
      maxItems: 100,
      description: 'Argument vector of the worker, as for `process`; it is started on the compute node.',
    }),
    environment: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' })),
    partition: Type.Optional(Type.String({ ...Name, description: "Else the operator's, else the cluster's default." })),
    account: Type.Optional(Name),
    qos: Type.Optional(Name),
    gres: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_:,.-]+$',
        maxLength: 200,
        description: 'In place of `gpu:N` by `resources.gpus`, such as `gpu:a100:1`.',
      }),
    ),
    maxMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 527_040,
        description: 'Longest time limit of a job (1440 when absent); less is asked for where its rows need less.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The worker runs as jobs of a Slurm cluster, one for each slot of a run.' },
);
export type SlurmRunner = Static<typeof SlurmRunner>;
