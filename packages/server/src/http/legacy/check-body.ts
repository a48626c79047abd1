/** Checks of old bodies field by field, with findings in Pydantic's form; all findings of a body are gathered before it is refused. */
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { LegacyError, type Finding } from './errors.ts';
import { notAnObject } from './translate-submission.ts';

type Loc = readonly (string | number)[];

interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly default?: string;
}

interface NumberRule {
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

export class BodyCheck {
  readonly #findings: Finding[] = [];
  readonly #body: FreeObject;
  readonly #loc: Loc;

  /** @throws LegacyError 422 where the body is no object */
  constructor(body: unknown, loc: Loc = ['body']) {
    if (!isRecord(body)) throw new LegacyError(422, [notAnObject(body)]);
    this.#body = body;
    this.#loc = loc;
  }

  /** Trimmed. */
  text(name: string, rule: TextRule): string {
    const value = this.#body[name];
    if (value === undefined && rule.default !== undefined) return rule.default;
    return this.#text(value, [...this.#loc, name], rule);
  }

  optionalText(name: string): string | undefined {
    const value = this.#body[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  }

  wholeNumber(name: string, rule: NumberRule): number {
    const value = this.#body[name];
    if (value === undefined || value === null) return rule.default;
    const loc = [...this.#loc, name];
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.#add('int_type', loc, 'Input should be a valid integer', value);
      return rule.default;
    }
    if (value < rule.min)
      this.#add('greater_than_equal', loc, `Input should be greater than or equal to ${String(rule.min)}`, value, { ge: rule.min });
    if (value > rule.max)
      this.#add('less_than_equal', loc, `Input should be less than or equal to ${String(rule.max)}`, value, { le: rule.max });
    return value;
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#body[name];
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'boolean') return value;
    this.#add('bool_type', [...this.#loc, name], 'Input should be a valid boolean', value);
    return otherwise;
  }

  oneOf<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const value = this.#body[name];
    if (value === undefined || value === null) return otherwise;
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    const quoted = known.map((each) => `'${each}'`);
    const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
    this.#add('enum', [...this.#loc, name], `Input should be ${expected}`, value, { expected });
    return otherwise;
  }

  list(name: string, rule: { readonly min: number; readonly max: number }): readonly unknown[] {
    const value: unknown = this.#body[name];
    const loc = [...this.#loc, name];
    if (value === undefined) {
      this.#add('missing', loc, 'Field required', this.#body);
      return [];
    }
    if (!Array.isArray(value)) {
      this.#add('list_type', loc, 'Input should be a valid list', value);
      return [];
    }
    const length = value.length;
    const context = { field_type: 'List', actual_length: length };
    const word = (count: number): string => (count === 1 ? 'item' : 'items');
    if (length < rule.min) {
      const msg = `List should have at least ${String(rule.min)} ${word(rule.min)} after validation, not ${String(length)}`;
      this.#add('too_short', loc, msg, value, { ...context, min_length: rule.min });
    }
    if (length > rule.max) {
      const msg = `List should have at most ${String(rule.max)} ${word(rule.max)} after validation, not ${String(length)}`;
      this.#add('too_long', loc, msg, [], { ...context, max_length: rule.max });
    }
    return value;
  }

  /** A text inside of a list's entry. */
  textOfEntry(list: string, index: number, entry: unknown, name: string, rule: TextRule): string {
    const loc = [...this.#loc, list, index];
    if (!isRecord(entry)) {
      this.#add('model_attributes_type', loc, 'Input should be a valid dictionary or object to extract fields from', entry);
      return '';
    }
    return this.#text(entry[name], [...loc, name], rule, entry);
  }

  addValueError(name: string, message: string): void {
    this.#add('value_error', [...this.#loc, name], `Value error, ${message}`, this.#body[name] ?? null, { error: {} });
  }

  /** @throws LegacyError 422 with all that was found */
  done(): void {
    if (this.#findings.length > 0) throw new LegacyError(422, this.#findings);
  }

  #text(value: unknown, loc: Loc, { min, max }: TextRule, holder: unknown = this.#body): string {
    if (value === undefined) this.#add('missing', loc, 'Field required', holder);
    else if (typeof value !== 'string') this.#add('string_type', loc, 'Input should be a valid string', value);
    else {
      const text = value.trim();
      const word = (count: number): string => `${String(count)} ${count === 1 ? 'character' : 'characters'}`;
      if (text.length < min) this.#add('string_too_short', loc, `String should have at least ${word(min)}`, value, { min_length: min });
      if (text.length > max) this.#add('string_too_long', loc, `String should have at most ${word(max)}`, value, { max_length: max });
      return text;
    }
    return '';
  }

  #add(type: string, loc: Loc, msg: string, input: unknown, ctx?: FreeObject): void {
    this.#findings.push({ type, loc, msg, input, ...(ctx ? { ctx } : {}) });
  }
}
