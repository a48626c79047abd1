/** `/api/v4` of a test hub: each answer is held against the schema that the contract gives for it. */
import { Problem, PROBLEMS, ROUTES, type JobDetail, type SubmitAnswer } from '@omtx/contract';
import type { InjectOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import type { TestHub } from './hub.ts';

export class Api {
  readonly #hub: TestHub;

  constructor(hub: TestHub) {
    this.#hub = hub;
  }

  async call<T>(options: InjectOptions, status: number, schema?: TSchema): Promise<T> {
    const answer = await this.#hub.app.inject(options);
    expect(answer.statusCode, answer.body).toBe(status);
    const value = answer.json<T>();
    if (schema) expect(Value.Errors(schema, value).slice(0, 3)).toEqual([]);
    return value;
  }

  async post<T>(path: string, payload: object | undefined, schema?: TSchema, status = 202): Promise<T> {
    return this.call<T>({ method: 'POST', url: `/api/v4${path}`, ...(payload && { payload }) }, status, schema);
  }

  /** To the model `echo`, which obeys its input. */
  async submit(body: object): Promise<SubmitAnswer> {
    const payload = { name: 'a job', taskType: 'protein_ligand_docking', modelId: 'echo', ...body };
    return this.post<SubmitAnswer>('/jobs', payload, ROUTES.submitJob.answer);
  }

  async job(id: string): Promise<JobDetail> {
    return this.call<JobDetail>({ url: `/api/v4/jobs/${id}` }, 200, ROUTES.getJob.answer);
  }

  async ended(id: string): Promise<JobDetail> {
    await expect.poll(async () => (await this.job(id)).finishedAt, { timeout: 30_000, interval: 50 }).not.toBeNull();
    return this.job(id);
  }

  async problem(options: InjectOptions, code: keyof typeof PROBLEMS): Promise<Problem> {
    const found = await this.call<Problem>(options, PROBLEMS[code].status, Problem);
    expect(found.code).toBe(code);
    return found;
  }
}
