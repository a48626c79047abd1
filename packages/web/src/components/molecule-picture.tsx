/** A molecule as a picture, drawn when it comes into view; its place is kept, so nothing shifts. */
import { useEffect, useState } from 'react';
import { drawnPicture, drawPicture } from '../lib/molecules/molecules.ts';
import { useIsDark } from '../lib/preferences.ts';

export interface MoleculePictureProps {
  readonly smiles: string;
  readonly width: number;
  readonly height: number;
  /** What it is of, for those who do not see it. */
  readonly name?: string | undefined;
  readonly highlight?: string | undefined;
  readonly core?: string | undefined;
}

export function MoleculePicture({ smiles, width, height, name, highlight, core }: MoleculePictureProps) {
  const isDark = useIsDark();
  const drawing = { molecule: smiles, width, height, isDark, highlight, core };
  const key = [smiles, width, height, isDark, highlight, core].join('\n');
  const [drawn, setDrawn] = useState<{ readonly key: string; readonly address: string | null }>();
  const cached = drawnPicture(drawing);
  useEffect(() => {
    if (cached !== undefined) return undefined;
    let isWanted = true;
    void drawPicture({ molecule: smiles, width, height, isDark, highlight, core }, () => isWanted).then((address) => {
      if (isWanted) setDrawn({ key, address });
    });
    return () => {
      isWanted = false;
    };
  }, [key, cached, smiles, width, height, isDark, highlight, core]);
  const address = cached ?? (drawn?.key === key ? drawn.address : undefined);
  if (address === undefined) return <span className="inline-block" style={{ width, height }} aria-hidden="true" />;
  if (address === null)
    return (
      <span
        className="text-ink-3 inline-flex items-center justify-center text-xs"
        style={{ width, height }}
        title="This cannot be read as a molecule"
      >
        no picture
      </span>
    );
  return (
    <img
      src={address}
      width={width}
      height={height}
      alt={`Structure of ${name ?? smiles}`}
      decoding="async"
      draggable={false}
      className="max-w-none"
    />
  );
}
