/** A form drawn from a JSON Schema of an object: the model's manifest is the form. Values that are left out take the schema's defaults. */
import type { ReactNode } from 'react';
import { Field } from './field.tsx';
import { TextOrFile } from './text-or-file.tsx';
import { isObject, propertiesOf, textOf, type Schema } from '../lib/json-schema.ts';

export type Values = Readonly<Record<string, unknown>>;

export interface SchemaFormProps {
  readonly schema: Schema;
  readonly values: Values;
  readonly change: (values: Values) => void;
  /** Properties that are shown elsewhere. */
  readonly leaveOut?: readonly string[];
}

export function SchemaForm({ schema, values, change, leaveOut = [] }: SchemaFormProps) {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const set = (name: string, value: unknown): void => {
    const { [name]: _old, ...others } = values;
    change(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {Object.entries(propertiesOf(schema))
        .filter(([name]) => !leaveOut.includes(name))
        .map(([name, property]) => (
          <Property
            key={name}
            name={name}
            schema={property}
            value={values[name]}
            set={(value) => set(name, value)}
            isRequired={required.includes(name)}
          />
        ))}
    </div>
  );
}

interface PropertyProps {
  readonly name: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly isRequired: boolean;
}

const LONG_TEXT = 500;

function Property({ name, schema, value, set, isRequired }: PropertyProps) {
  const isWide = isLongText(schema) || schema['type'] === 'object' || Array.isArray(schema['oneOf']);
  const help = textOf(schema['description']);
  const label = textOf(schema['title']) ?? name;
  if (isFileText(schema))
    return (
      <div className="sm:col-span-2">
        <TextOrFile
          label={label}
          accept={endingsOf(schema)}
          value={textOf(value) ?? ''}
          change={(text) => set(text === '' ? undefined : text)}
          placeholder="Paste the text, or drop a file"
          help={help}
        />
      </div>
    );
  if (schema['type'] === 'object')
    return (
      <fieldset className="sm:col-span-2">
        <legend className="mb-1 font-medium">{label}</legend>
        {help !== undefined && <p className="text-ink-2 mb-2 text-xs">{help}</p>}
        <SchemaForm
          schema={schema}
          values={isObject(value) ? value : {}}
          change={(next) => set(Object.keys(next).length === 0 ? undefined : next)}
        />
      </fieldset>
    );
  return (
    <Field label={label} {...(help === undefined ? {} : { help })} className={isWide ? 'sm:col-span-2' : ''}>
      {(ids) => <Input id={ids.id} helpId={ids['aria-describedby']} schema={schema} value={value} set={set} isRequired={isRequired} />}
    </Field>
  );
}

/** The text of a file, such as a structure: it can be dropped. */
function isFileText(schema: Schema): boolean {
  return schema['type'] === 'string' && textOf(schema['contentMediaType'])?.startsWith('chemical/') === true;
}

const ENDINGS: Readonly<Record<string, string>> = {
  'chemical/x-pdb': '.pdb,.ent',
  'chemical/x-mmcif': '.cif,.mmcif',
  'chemical/x-mdl-sdfile': '.sdf',
  'chemical/x-mdl-molfile': '.mol',
  'chemical/x-pdbqt': '.pdbqt',
};

function endingsOf(schema: Schema): string {
  return ENDINGS[textOf(schema['contentMediaType']) ?? ''] ?? '.txt';
}

function isLongText(schema: Schema): boolean {
  return schema['type'] === 'string' && typeof schema['maxLength'] === 'number' && schema['maxLength'] > LONG_TEXT;
}

interface InputProps {
  readonly id: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly helpId: string | undefined;
  readonly isRequired: boolean;
}

function Input({ id, schema, value, set, helpId, isRequired }: InputProps): ReactNode {
  const common = { id, 'aria-describedby': helpId, required: isRequired };
  if (Array.isArray(schema['enum']))
    return <Choice {...common} options={schema['enum'].map(String)} fallback={schema['default']} value={value} set={set} />;
  switch (schema['type']) {
    case 'boolean':
      return (
        <input
          {...common}
          type="checkbox"
          className="accent-accent size-4"
          required={false}
          checked={value === undefined ? schema['default'] === true : value === true}
          onChange={({ target }) => set(target.checked)}
        />
      );
    case 'integer':
    case 'number':
      return <NumberInput {...common} schema={schema} value={value} set={set} />;
    case 'string':
      return isLongText(schema) ? (
        <textarea
          {...common}
          className="field min-h-24 font-mono !text-xs"
          spellCheck={false}
          value={textOf(value) ?? ''}
          onChange={({ target }) => set(target.value === '' ? undefined : target.value)}
        />
      ) : (
        <input
          {...common}
          className="field"
          value={textOf(value) ?? ''}
          placeholder={defaultText(schema)}
          onChange={({ target }) => set(target.value === '' ? undefined : target.value)}
        />
      );
    default:
      return <JsonInput {...common} value={value} set={set} />;
  }
}

function defaultText(schema: Schema): string | undefined {
  return schema['default'] === undefined ? undefined : String(schema['default']);
}

interface ChoiceProps {
  readonly id: string;
  readonly options: readonly string[];
  readonly fallback: unknown;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
}

function Choice({ id, options, fallback, value, set, ...rest }: ChoiceProps) {
  return (
    <select
      id={id}
      className="field"
      value={textOf(value) ?? textOf(fallback) ?? ''}
      onChange={({ target }) => set(target.value === '' ? undefined : target.value)}
      {...rest}
    >
      {fallback === undefined && <option value="">Choose</option>}
      {options.map((option) => (
        <option key={option} value={option}>
          {option.replaceAll('_', ' ')}
        </option>
      ))}
    </select>
  );
}

function NumberInput({
  id,
  schema,
  value,
  set,
  ...rest
}: {
  readonly id: string;
  readonly schema: Schema;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
}) {
  const bound = (name: string) => (typeof schema[name] === 'number' ? schema[name] : undefined);
  return (
    <input
      id={id}
      type="number"
      className="field"
      min={bound('minimum')}
      max={bound('maximum')}
      step={schema['type'] === 'integer' ? 1 : 'any'}
      placeholder={defaultText(schema)}
      value={typeof value === 'number' ? value : ''}
      onChange={({ target }) => set(target.value === '' ? undefined : Number(target.value))}
      {...rest}
    />
  );
}

/** What has no field of its own, such as a list of chains: as JSON. */
function JsonInput({ id, value, set, ...rest }: { readonly id: string; readonly value: unknown; readonly set: (value: unknown) => void }) {
  const parse = (text: string): void => {
    try {
      set(text.trim() === '' ? undefined : JSON.parse(text));
    } catch {
      // Half-typed JSON; the value stays as it was until it is whole.
    }
  };
  return (
    <textarea
      id={id}
      className="field min-h-16 font-mono !text-xs"
      defaultValue={value === undefined ? '' : JSON.stringify(value)}
      onChange={({ target }) => parse(target.value)}
      {...rest}
    />
  );
}
