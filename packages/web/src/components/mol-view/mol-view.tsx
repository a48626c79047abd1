/** The 3D view: loads Mol* when it is first shown; keeps its place meanwhile. */
import { useEffect, useRef, useState } from 'react';
import { MolScene, type SceneContent } from './scene.ts';

export interface MolViewProps {
  readonly content: SceneContent;
  /** What is to be seen, for those who do not see it. */
  readonly label: string;
}

type State = 'opening' | 'open' | 'no-webgl';

export function MolView({ content, label }: MolViewProps) {
  const holder = useRef<HTMLDivElement>(null);
  const scene = useRef<MolScene>(undefined);
  const latest = useRef(content);
  const [state, setState] = useState<State>('opening');
  useEffect(() => {
    let isGone = false;
    const element = holder.current;
    if (!element) return undefined;
    void MolScene.open(element).then((opened) => {
      if (isGone) opened?.close();
      else {
        scene.current = opened;
        setState(opened ? 'open' : 'no-webgl');
        opened?.show(latest.current);
      }
    });
    return () => {
      isGone = true;
      scene.current?.close();
      scene.current = undefined;
    };
  }, []);
  useEffect(() => {
    latest.current = content;
    scene.current?.show(content);
  }, [content]);
  return (
    <div role="img" aria-label={label} className="bg-surface-0 relative h-full w-full overflow-hidden" data-state={state}>
      <div ref={holder} className="absolute inset-0" />
      {state === 'no-webgl' && (
        <p className="text-ink-2 absolute inset-0 flex items-center justify-center p-6 text-center">
          This browser shows no 3D (WebGL is off). The files can be downloaded and opened elsewhere.
        </p>
      )}
    </div>
  );
}
