/** A text that is pasted, or read from a file that is chosen or dropped. */
import { useId, useState, type DragEvent } from 'react';
import { buttonClass } from './button.tsx';
import { cx } from './class-names.ts';
import { Icon } from './icons.tsx';
import { formatBytes } from '../lib/format.ts';

export interface TextOrFileProps {
  readonly label: string;
  readonly accept: string;
  readonly value: string;
  readonly change: (text: string, fileName?: string) => void;
  readonly placeholder?: string | undefined;
  readonly help?: string | undefined;
  /** Takes a file that is too large, or not plain text, to be held in the field; every file is read as text where absent. */
  readonly takeFile?: (file: File) => boolean;
}

/** A longer text is named by its size: a text field with a hundred thousand lines is slow. */
const MOST_SHOWN = 200_000;

export function TextOrFile({ label, accept, value, change, placeholder, help, takeFile }: TextOrFileProps) {
  const id = useId();
  const [isOver, setOver] = useState(false);
  const read = (file: File | undefined): void => {
    if (file && takeFile?.(file) !== true) void file.text().then((text) => change(text, file.name));
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
            onChange={({ target }) => {
              read(target.files?.[0]);
              // So that the same file can be chosen again after it was changed.
              target.value = '';
            }}
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
