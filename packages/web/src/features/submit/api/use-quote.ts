/** What a submission would be and take, asked of the hub when the form rests. */
import type { Quote, SubmitJob } from '@omtx/contract';
import { useEffect, useState } from 'react';
import { hub } from '../../../lib/hub.ts';

const REST_MS = 700;

export interface QuoteState {
  readonly quote: Quote | undefined;
  readonly isAsking: boolean;
  readonly error: unknown;
}

const NONE: QuoteState = { quote: undefined, isAsking: false, error: undefined };

/** @param body undefined while the form is not whole; must keep its identity while nothing changes */
export function useQuote(body: SubmitJob | undefined): QuoteState {
  const [state, setState] = useState<QuoteState>(NONE);
  useEffect(() => {
    // A quote of another form must not stand beside this one.
    setState(body ? { quote: undefined, isAsking: true, error: undefined } : NONE);
    if (!body) return undefined;
    let isGone = false;
    const timer = setTimeout(() => {
      hub.quoteJob(body).then(
        (quote) => !isGone && setState({ quote, isAsking: false, error: undefined }),
        (error: unknown) => !isGone && setState({ quote: undefined, isAsking: false, error }),
      );
    }, REST_MS);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [body]);
  return state;
}
