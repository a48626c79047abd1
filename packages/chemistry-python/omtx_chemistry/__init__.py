"""What several models share of chemistry: ligands and receptors made ready, boxes, poses. Needs the packages of `models/environments/docking`;
`receptor_chain` those of `models/environments/receptor`, `molecules` RDKit alone."""
