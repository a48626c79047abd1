/**
 * Formulas over metrics, such as `docking_score / sqrt(heavy_atom_count)`: read once, then worked out row by row. No code is generated.
 *
 * sum = product (("+" | "-") product)*, product = power (("*" | "/") power)*, power = unary ("^" power)?,
 * unary = "-" unary | number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
 */

/** Value of a metric of the row; NaN where it has none. */
export type ValueOf = (metric: string) => number;

export interface Formula {
  /** Metrics that it needs. */
  readonly metrics: readonly string[];
  /** NaN where a value is missing or the result is no number. */
  readonly evaluate: (valueOf: ValueOf) => number;
}

export class FormulaError extends Error {}

type Node = (valueOf: ValueOf) => number;

const FUNCTIONS: Readonly<Record<string, ((...values: number[]) => number) | undefined>> = {
  abs: (value = Number.NaN) => Math.abs(value),
  sqrt: (value = Number.NaN) => Math.sqrt(value),
  ln: (value = Number.NaN) => Math.log(value),
  log10: (value = Number.NaN) => Math.log10(value),
  exp: (value = Number.NaN) => Math.exp(value),
  min: (...values) => Math.min(...values),
  max: (...values) => Math.max(...values),
};

/** @throws FormulaError says what is wrong and where, in words */
export function readFormula(text: string, known: ReadonlySet<string>): Formula {
  const reader = new Reader(text, known);
  const node = reader.readWhole();
  return {
    metrics: [...reader.metrics],
    evaluate: (valueOf) => {
      const value = node(valueOf);
      return Number.isFinite(value) ? value : Number.NaN;
    },
  };
}

class Reader {
  readonly metrics = new Set<string>();
  readonly #tokens: readonly string[];
  readonly #known: ReadonlySet<string>;
  #place = 0;

  constructor(text: string, known: ReadonlySet<string>) {
    this.#known = known;
    this.#tokens = text.match(/\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|[A-Za-z_][\w.]*|\S/gi) ?? [];
  }

  readWhole(): Node {
    if (this.#tokens.length === 0) throw new FormulaError('The formula is empty.');
    const node = this.#sum();
    const rest = this.#peek();
    if (rest !== undefined) throw new FormulaError(`"${rest}" is not expected there.`);
    return node;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#place];
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#place++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token))
      throw new FormulaError(`"${token}" is missing${this.#peek() === undefined ? ' at the end' : ` before "${this.#peek() ?? ''}"`}.`);
  }

  #sum(): Node {
    let left = this.#product();
    for (;;) {
      const before = left;
      if (this.#take('+')) {
        const right = this.#product();
        left = (valueOf) => before(valueOf) + right(valueOf);
      } else if (this.#take('-')) {
        const right = this.#product();
        left = (valueOf) => before(valueOf) - right(valueOf);
      } else return left;
    }
  }

  #product(): Node {
    let left = this.#unary();
    for (;;) {
      const before = left;
      if (this.#take('*')) {
        const right = this.#unary();
        left = (valueOf) => before(valueOf) * right(valueOf);
      } else if (this.#take('/')) {
        const right = this.#unary();
        left = (valueOf) => before(valueOf) / right(valueOf);
      } else return left;
    }
  }

  #unary(): Node {
    if (!this.#take('-')) return this.#power();
    const node = this.#unary();
    return (valueOf) => -node(valueOf);
  }

  #power(): Node {
    const base = this.#atom();
    if (!this.#take('^')) return base;
    const exponent = this.#unary();
    return (valueOf) => base(valueOf) ** exponent(valueOf);
  }

  #atom(): Node {
    const token = this.#peek();
    if (token === undefined) throw new FormulaError('The formula ends too early.');
    this.#place++;
    if (/^[\d.]/.test(token)) {
      const value = Number(token);
      return () => value;
    }
    if (token === '(') {
      const node = this.#sum();
      this.#expect(')');
      return node;
    }
    if (!/^[A-Za-z_]/.test(token)) throw new FormulaError(`"${token}" is not expected there.`);
    return this.#peek() === '(' ? this.#call(token) : this.#metric(token);
  }

  #call(name: string): Node {
    const apply = FUNCTIONS[name];
    if (!apply) throw new FormulaError(`There is no function "${name}"; there are ${Object.keys(FUNCTIONS).join(', ')}.`);
    this.#expect('(');
    const values = [this.#sum()];
    while (this.#take(',')) values.push(this.#sum());
    this.#expect(')');
    return (valueOf) => apply(...values.map((value) => value(valueOf)));
  }

  #metric(name: string): Node {
    if (!this.#known.has(name)) throw new FormulaError(`There is no metric "${name}".`);
    this.metrics.add(name);
    return (valueOf) => valueOf(name);
  }
}
