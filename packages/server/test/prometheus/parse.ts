/** Reads the text form of Prometheus by the parser of its official client library for Python. */
import { openPythonTool } from '../python-tool.ts';

export interface Sample {
  readonly family: string;
  readonly type: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @returns the parser; it rejects a text that is not in that form */
export function openPrometheusParser(): Promise<(text: string) => Promise<readonly Sample[]>> {
  return openPythonTool<Sample>(import.meta.dirname, 'parse.py');
}
