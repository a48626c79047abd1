export interface Step {
  /** Says what the step is doing now. */
  note(text: string): void;
  end(result?: string): void;
  fail(result?: string): void;
  elapsedMs(): number;
}
export interface StepOptions {
  readonly stream?: NodeJS.WriteStream;
  /** Draw nothing for a step that ends sooner. */
  readonly quietMs?: number;
}
export function startStep(title: string, options?: StepOptions): Step;
