/** Forms of the tasks as the first hub described them (facts of its task schemas). Tasks beyond these are described from a model's manifest. */

export interface Rule {
  readonly rule_type: 'required' | 'min_length' | 'max_length' | 'min_value' | 'max_value' | 'pattern';
  readonly value: unknown;
  readonly message: string;
}

export interface InputField {
  readonly id: string;
  readonly label: string;
  readonly field_type: string;
  readonly description: string | null;
  readonly placeholder: string | null;
  readonly default_value: unknown;
  readonly options: readonly { readonly value: string; readonly label: string }[] | null;
  readonly validation: readonly Rule[] | null;
  readonly conditional: null;
  readonly help_text: string | null;
}

export interface OutputField {
  readonly id: string;
  readonly label: string;
  readonly output_type: string;
  readonly description: string | null;
  readonly format: string;
  readonly visualization: string;
  readonly required: boolean;
  readonly conditional: null;
}

export interface TaskSchema {
  readonly task_id: string;
  readonly task_name: string;
  readonly description: string;
  readonly input_fields: readonly InputField[];
  readonly output_fields: readonly OutputField[];
  /** Seconds. */
  readonly estimated_time: number;
  readonly resource_requirements: null;
  readonly examples: readonly Readonly<Record<string, unknown>>[];
}

/** Every task type that the old enumeration had, in its order. */
export const LEGACY_TASKS = [
  'protein_ligand_binding',
  'protein_structure',
  'protein_complex',
  'binding_site_prediction',
  'variant_comparison',
  'drug_discovery',
  'batch_protein_ligand_screening',
  'nanobody_design',
  'cdr_optimization',
  'epitope_targeted_design',
  'antibody_de_novo_design',
].map((id) => ({ id, description: id.replaceAll('_', ' ') }));

type FieldOptions = Partial<Pick<InputField, 'default_value' | 'options' | 'description'>> & { readonly rules?: readonly Rule[] };

export function inputField(id: string, label: string, fieldType: string, options: FieldOptions = {}): InputField {
  return {
    id,
    label,
    field_type: fieldType,
    description: options.description ?? null,
    placeholder: null,
    default_value: options.default_value ?? null,
    options: options.options ?? null,
    validation: options.rules ?? null,
    conditional: null,
    help_text: null,
  };
}

export function outputField(id: string, label: string, outputType: string, format: string, visualization: string): OutputField {
  return { id, label, output_type: outputType, description: null, format, visualization, required: true, conditional: null };
}

const required = (message: string): Rule => ({ rule_type: 'required', value: true, message });
const atLeast = (value: number, message: string): Rule => ({ rule_type: 'min_length', value, message });
const atMost = (value: number, message: string): Rule => ({ rule_type: 'max_length', value, message });

const sequence = inputField('protein_sequence', 'Protein Sequence', 'sequence', {
  rules: [
    required('Protein sequence is required'),
    atLeast(10, 'Sequence must be at least 10 amino acids'),
    atMost(2_000, 'Sequence must be at most 2000 amino acids'),
  ],
});
const proteinName = inputField('protein_name', 'Protein Name', 'text', {
  rules: [
    required('Protein name is required'),
    atLeast(1, 'Protein name cannot be empty'),
    atMost(100, 'Protein name must be at most 100 characters'),
  ],
});
const useMsa = inputField('use_msa', 'Use MSA Server', 'checkbox', { default_value: true });
const usePotentials = inputField('use_potentials', 'Use Potentials', 'checkbox', { default_value: false });
const chain = (letter: 'A' | 'B'): InputField =>
  inputField(`chain_${letter.toLowerCase()}_sequence`, `Chain ${letter} Sequence`, 'sequence', {
    rules: [required(`Chain ${letter} sequence is required`), atLeast(10, 'Sequence must be at least 10 amino acids')],
  });
const jobName = (name: string): InputField =>
  inputField('job_name', 'Job Name', 'text', {
    default_value: name,
    rules: [
      required('Job name is required'),
      atLeast(1, 'Job name cannot be empty'),
      atMost(200, 'Job name must be at most 200 characters'),
    ],
  });

const structure = outputField('structure', '3D Structure', 'structure', 'cif', '3d');
const execution = outputField('execution_metrics', 'Execution Metrics', 'metrics', 'json', 'table');
const confidence = outputField('confidence', 'Confidence Score', 'confidence', 'float', 'metric');
const bindingSites = outputField('binding_sites', 'Binding Sites', 'binding_sites', 'json', 'table');

const EXAMPLE_SEQUENCE = 'MSEQNKTHLAVDPERGWYFCTIKLMNPQ';
const base = { resource_requirements: null } as const;

export const TASK_SCHEMAS: readonly TaskSchema[] = [
  {
    ...base,
    task_id: 'protein_ligand_binding',
    task_name: 'Protein-Ligand Binding',
    description: 'Structure of a protein with a small molecule, and its predicted affinity.',
    input_fields: [
      sequence,
      proteinName,
      inputField('ligand_smiles', 'Ligand SMILES', 'smiles', { rules: [required('Ligand SMILES is required')] }),
      jobName('Protein-Ligand Binding Prediction'),
      useMsa,
      usePotentials,
    ],
    output_fields: [
      structure,
      outputField('affinity', 'Binding Affinity', 'affinity', 'float', 'metric'),
      confidence,
      bindingSites,
      execution,
    ],
    estimated_time: 300,
    examples: [{ protein_sequence: EXAMPLE_SEQUENCE, ligand_smiles: 'CC(=O)Oc1ccccc1C(=O)O', job_name: 'Aspirin' }],
  },
  {
    ...base,
    task_id: 'protein_structure',
    task_name: 'Protein Structure',
    description: 'Structure of one protein chain from its sequence.',
    input_fields: [
      sequence,
      proteinName,
      jobName('Protein Structure Prediction'),
      useMsa,
      inputField('prediction_quality', 'Prediction Quality', 'select', {
        default_value: 'balanced',
        options: [
          { value: 'fast', label: 'Fast' },
          { value: 'balanced', label: 'Balanced' },
          { value: 'high', label: 'High' },
        ],
      }),
    ],
    output_fields: [
      structure,
      confidence,
      outputField('plddt_score', 'pLDDT Score', 'metrics', 'float', 'metric'),
      outputField('secondary_structure', 'Secondary Structure', 'visualization', 'json', 'chart'),
      execution,
    ],
    estimated_time: 180,
    examples: [{ protein_sequence: EXAMPLE_SEQUENCE, job_name: 'One chain' }],
  },
  {
    ...base,
    task_id: 'protein_complex',
    task_name: 'Protein Complex',
    description: 'Structure of two chains together.',
    input_fields: [chain('A'), chain('B'), jobName('Protein Complex Prediction'), useMsa],
    output_fields: [
      structure,
      outputField('interface_confidence', 'Interface Confidence', 'confidence', 'float', 'metric'),
      outputField('iptm_score', 'ipTM Score', 'metrics', 'float', 'metric'),
      outputField('interface_residues', 'Interface Residues', 'binding_sites', 'json', 'table'),
    ],
    estimated_time: 450,
    examples: [{ chain_a_sequence: EXAMPLE_SEQUENCE, chain_b_sequence: EXAMPLE_SEQUENCE, job_name: 'Two chains' }],
  },
  {
    ...base,
    task_id: 'drug_discovery',
    task_name: 'Drug Discovery',
    description: 'A compound library against one protein.',
    input_fields: [
      sequence,
      inputField('compound_library', 'Compound Library', 'textarea', { rules: [required('Compound library is required')] }),
      inputField('max_compounds', 'Max Compounds', 'number', {
        default_value: 100,
        rules: [
          { rule_type: 'min_value', value: 1, message: 'At least 1 compound' },
          { rule_type: 'max_value', value: 1_000, message: 'At most 1000 compounds' },
        ],
      }),
      jobName('Drug Discovery'),
    ],
    output_fields: [
      outputField('screening_results', 'Screening Results', 'screening_results', 'json', 'table'),
      outputField('top_compounds', 'Top Compounds', 'screening_results', 'json', 'chart'),
      outputField('hit_rate', 'Hit Rate', 'metrics', 'float', 'metric'),
    ],
    estimated_time: 3_600,
    examples: [{ protein_sequence: EXAMPLE_SEQUENCE, compound_library: [{ name: 'Aspirin', smiles: 'CC(=O)Oc1ccccc1C(=O)O' }] }],
  },
  {
    ...base,
    task_id: 'batch_protein_ligand_screening',
    task_name: 'Batch Protein-Ligand Screening',
    description: 'Many ligands against one protein.',
    input_fields: [
      proteinName,
      sequence,
      inputField('ligands', 'Ligands', 'textarea', { rules: [required('Ligands are required')] }),
      jobName('Batch Protein-Ligand Screening'),
      useMsa,
      usePotentials,
    ],
    output_fields: [
      outputField('batch_results', 'Batch Results', 'screening_results', 'json', 'table'),
      outputField('individual_jobs', 'Individual Jobs', 'files', 'json', 'list'),
      outputField('summary_metrics', 'Summary Metrics', 'metrics', 'json', 'chart'),
      execution,
    ],
    estimated_time: 450_300,
    examples: [{ protein_sequence: EXAMPLE_SEQUENCE, ligands: [{ name: 'Aspirin', smiles: 'CC(=O)Oc1ccccc1C(=O)O' }], job_name: 'Screen' }],
  },
  {
    ...base,
    task_id: 'nanobody_design',
    task_name: 'Nanobody Design',
    description: 'Nanobodies against chosen residues of a target structure.',
    input_fields: [
      inputField('target_name', 'Target Name', 'text', {
        rules: [
          required('Target name is required'),
          atLeast(1, 'Target name cannot be empty'),
          atMost(100, 'Target name must be at most 100 characters'),
        ],
      }),
      inputField('target_pdb_content', 'Target PDB Content', 'textarea', {
        rules: [required('Target PDB content is required'), atLeast(50, 'PDB content is too short')],
      }),
      inputField('target_chain', 'Target Chain', 'text', {
        default_value: 'A',
        rules: [required('Target chain is required'), atMost(1, 'A chain is one letter')],
      }),
      inputField('hotspot_residues', 'Hotspot Residues', 'text', { rules: [required('Hotspot residues are required')] }),
      inputField('num_designs', 'Number of Designs', 'number', {
        default_value: 10,
        rules: [
          { rule_type: 'min_value', value: 1, message: 'At least 1 design' },
          { rule_type: 'max_value', value: 50, message: 'At most 50 designs' },
        ],
      }),
      inputField('framework', 'Framework', 'select', {
        default_value: 'vhh',
        options: ['vhh', 'vh', 'vl'].map((value) => ({ value, label: value.toUpperCase() })),
      }),
      jobName('Nanobody Design'),
    ],
    output_fields: [
      outputField('designs', 'Designs', 'screening_results', 'json', 'table'),
      structure,
      outputField('design_metrics', 'Design Metrics', 'metrics', 'json', 'table'),
      execution,
    ],
    estimated_time: 1_800,
    examples: [{ target_name: 'Target', target_chain: 'A', hotspot_residues: 'A:100', num_designs: 10, job_name: 'Nanobodies' }],
  },
];

/** Findings as the old server worded them: `Label: message`. Only these three kinds of rule were ever enforced. */
export function validateTaskInput(schema: TaskSchema, input: Readonly<Record<string, unknown>>): readonly string[] {
  return schema.input_fields.flatMap(({ id, label, validation }) => {
    const value = input[id];
    const isEmpty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
    return (validation ?? []).filter((rule) => breaks(rule, value, isEmpty)).map(({ message }) => `${label}: ${message}`);
  });
}

function breaks({ rule_type: type, value: bound }: Rule, value: unknown, isEmpty: boolean): boolean {
  if (type === 'required') return isEmpty;
  if (isEmpty || typeof bound !== 'number') return false;
  const length = (typeof value === 'string' ? value : JSON.stringify(value)).length;
  return (type === 'min_length' && length < bound) || (type === 'max_length' && length > bound);
}
