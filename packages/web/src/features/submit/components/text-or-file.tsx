/** A text that is pasted, or read from a file that is chosen or dropped. */
import { useId, useState, type DragEvent } from 'react';
import { buttonClass } from '../../../components/button.tsx';
import { cx } from '../../../components/class-names.ts';
import { Icon } from '../../../components/icons.tsx';
import { formatBytes } from '../../../lib/format.ts';

export interface TextOrFileProps {
  readonly label: string;
  readonly accept: string;
  readonly value: string;
  readonly change: (text: string, fileName?: string) => void;
  readonly placeholder: string;
  readonly help?: string;
}

/** A longer text is named by its size: a text field with a hundred thousand lines is slow. */
const MOST_SHOWN = 200_000;

export function TextOrFile({ label, accept, value, change, placeholder, help }: TextOrFileProps) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const read = (file: File | undefined): void => {
    if (file) void file.text().then((text) => change(text, file.name));
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    read(event.dataTransfer.files[0]);
  };
  return (
    <div
      className="flex flex-col gap-1"
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="flex items-end justify-between gap-2">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <label className={buttonClass('plain', 'cursor-pointer')}>
          <Icon name="upload" /> Choose a file
          <input
            type="file"
            accept={accept}
            className="sr-only"
            aria-label={`File for ${label}`}
            onChange={({ target }) => read(target.files?.[0])}
          />
        </label>
      </div>
      {value.length > MOST_SHOWN ? (
        <p id={id} className="field flex items-center justify-between">
          {formatBytes(value.length)} of text
          <button type="button" className="text-accent" onClick={() => change('')}>
            Clear
          </button>
        </p>
      ) : (
        <textarea
          id={id}
          value={value}
          onChange={({ target }) => change(target.value)}
          placeholder={placeholder}
          spellCheck={false}
          rows={6}
          className={cx('field thin-scroll resize-y font-mono !text-xs', isOver && '!border-accent')}
        />
      )}
      {help !== undefined && <p className="text-ink-2 text-xs">{help}</p>}
    </div>
  );
}
