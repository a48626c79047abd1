-- How the time of a row follows the size of its input: sums of a weighted least-squares fit in logarithms, and how far off earlier
-- predictions were. One small object per model version, changed in O(1).
alter table model_timings add column size_fit jsonb;
