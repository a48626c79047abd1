"""Makes a cache for boltz with made-up weights: the real program then runs on a CPU in seconds, without a download.

    <python of boltz> tiny_cache.py FOLDER

The numbers it predicts mean nothing; everything else is the program's own. Twice the same bytes.
"""
from __future__ import annotations

import argparse
import pickle
import tarfile
from dataclasses import asdict
from pathlib import Path

import torch
from boltz.data import const
from boltz.main import Boltz2DiffusionParams, BoltzSteeringParams, MSAModuleArgs, PairformerArgsV2
from boltz.model.models.boltz2 import Boltz2
from omegaconf import OmegaConf
from pytorch_lightning import seed_everything
from rdkit import Chem
from rdkit.Chem import AllChem

SEED = 20250606
CONFORMER_SEED = 7
# PDB codes of one-letter sequences, and the flavour of RDKit's reader: 0 protein, 3 RNA, 7 DNA with 5' phosphate.
NUCLEOTIDES = {"A": ("A", 3), "C": ("C", 3), "G": ("G", 3), "U": ("U", 3), "N": ("A", 3), "DA": ("A", 7), "DC": ("C", 7), "DG": ("G", 7), "DT": ("T", 7), "DN": ("A", 7)}
LIGANDS = {"GOL": "OCC(O)CO", "SEP": "N[C@@H](COP(=O)(O)O)C(=O)O", "BEN": "NC(=[NH2+])c1ccccc1"}
BACKBONE = Chem.MolFromSmarts("[N;X3]-[C;X4]-C(=O)-[O;X2,H1]")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    folder: Path = asked.parse_args().folder
    (folder / "mols").mkdir(parents=True, exist_ok=True)
    Chem.SetDefaultPickleProperties(Chem.PropertyPickleOptions.AllProps)
    for code, mol in components().items():
        (folder / "mols" / f"{code}.pkl").write_bytes(pickle.dumps(mol))
    pack(folder)
    save(folder / "boltz2_conf.ckpt", {})
    save(folder / "boltz2_aff.ckpt", affinity_settings())


def components() -> dict[str, Chem.Mol]:
    letters = {code: letter for letter, code in const.prot_letter_to_token.items() if code != "UNK" and letter in "ACDEFGHIKLMNPQRSTVWY"}
    polymers = {code: (letter, 0) for code, letter in letters.items()} | {"UNK": ("A", 0)} | NUCLEOTIDES
    found = {code: residue(code, letter, flavour) for code, (letter, flavour) in polymers.items()}
    return found | {code: ligand(smiles) for code, smiles in LIGANDS.items()}


def residue(code: str, letter: str, flavour: int) -> Chem.Mol:
    mol = Chem.MolFromSequence(letter, flavor=flavour)
    for atom in mol.GetAtoms():
        name = atom.GetPDBResidueInfo().GetName().strip()
        atom.SetProp("name", name)
        atom.SetProp("leaving_atom", "1" if name == "OXT" else "0")
    missing = set(const.ref_atoms[code]) - {atom.GetProp("name") for atom in mol.GetAtoms()}
    if missing:
        raise ValueError(f"{code} lacks {missing}")
    return with_conformer(mol)


def ligand(smiles: str) -> Chem.Mol:
    """Atoms are called by element and number; those of an amino acid as in a protein, so that it can stand in a chain."""
    mol = Chem.MolFromSmiles(smiles)
    match = mol.GetSubstructMatch(BACKBONE)
    backbone = dict(zip(match, ("N", "CA", "C", "O", "OXT"), strict=False))
    for atom in mol.GetAtoms():
        name = backbone.get(atom.GetIdx(), f"{atom.GetSymbol().upper()}{atom.GetIdx() + 1}")
        atom.SetProp("name", name)
        atom.SetProp("leaving_atom", "1" if name == "OXT" else "0")
    return with_conformer(mol)


def with_conformer(mol: Chem.Mol) -> Chem.Mol:
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    full = Chem.AddHs(mol)
    settings = AllChem.ETKDGv3()
    settings.randomSeed = CONFORMER_SEED
    if AllChem.EmbedMolecule(full, settings) != 0:
        raise ValueError(f"no conformer of {Chem.MolToSmiles(mol)}")
    plain = Chem.RemoveHs(full, sanitize=False)
    plain.GetConformer(0).SetProp("name", "Computed")
    return plain


def pack(folder: Path) -> None:
    with tarfile.open(folder / "mols.tar", "w") as archive:
        for path in [folder / "mols", *sorted((folder / "mols").iterdir())]:
            entry = archive.gettarinfo(path, arcname=str(path.relative_to(folder)))
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname, entry.mode = 0, 0, 0, "", "", 0o755 if path.is_dir() else 0o644
            with path.open("rb") if path.is_file() else open("/dev/null", "rb") as content:
                archive.addfile(entry, content if path.is_file() else None)


def save(path: Path, extra: dict) -> None:
    settings = {**model_settings(), **extra}
    seed_everything(SEED, verbose=False)
    model = Boltz2(**settings)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            # boltz starts its gates at zero: every output would be the same for every input.
            if not weight.any():
                weight.copy_(0.1 * torch.randn_like(weight))
            if ".affinity_heads." in name:
                weight.mul_(3)
    checkpoint = {"state_dict": model.state_dict(), "hyper_parameters": settings, "pytorch-lightning_version": "2.5.0", "epoch": 0, "global_step": 0}
    torch.save(checkpoint, path)


def model_settings() -> dict:
    # What the command line sets itself: these must be its own.
    own = {"msa_args": asdict(MSAModuleArgs()), "pairformer_args": asdict(PairformerArgsV2())}
    own |= {"diffusion_process_args": asdict(Boltz2DiffusionParams()), "steering_args": asdict(BoltzSteeringParams())}
    sizes = {"token_s": 16, "token_z": 4, "atom_s": 8, "atom_z": 4, "num_bins": 64, "atom_feature_dim": 388}
    switches = {"ema": False, "validate_structure": False, "confidence_prediction": True, "token_level_confidence": True, "alpha_pae": 1.0}
    switches |= {"fix_sym_check": True, "cyclic_pos_enc": True, "bond_type_feature": True, "use_templates": True, "use_templates_v2": True}
    training = OmegaConf.create({"max_lr": 0.001, "weight_decay": 0.0, "recycling_steps": 0, "diffusion_multiplicity": 1})
    embedder = {"atom_encoder_depth": 1, "atom_encoder_heads": 2, "add_method_conditioning": True, "add_modified_flag": True, "add_cyclic_flag": True, "add_mol_type_feat": True}
    score = {"sigma_data": 16, "dim_fourier": 8, "atom_encoder_depth": 1, "atom_encoder_heads": 2, "token_transformer_depth": 1, "token_transformer_heads": 2}
    score |= {"atom_decoder_depth": 1, "atom_decoder_heads": 2, "conditioning_transition_layers": 1}
    args = {"training_args": training, "validation_args": OmegaConf.create({}), "diffusion_loss_args": {}, "embedder_args": embedder, "score_model_args": score}
    template = {"template_dim": 4, "template_blocks": 1, "pairwise_head_width": 4, "pairwise_num_heads": 1}
    return {**own, **sizes, **switches, **args, "template_args": template, "confidence_model_args": confidence_settings()}


def confidence_settings() -> dict:
    pairformer = {"num_blocks": 1, "num_heads": 2, "dropout": 0, "v2": True, "pairwise_head_width": 4, "pairwise_num_heads": 1}
    heads = {"num_plddt_bins": 50, "num_pde_bins": 64, "num_pae_bins": 64, "use_separate_heads": True}
    switches = {"add_s_to_z_prod": True, "add_s_input_to_s": True, "add_z_input_to_z": True}
    return {"pairformer_args": pairformer, "num_dist_bins": 8, **switches, "confidence_args": heads}


def affinity_settings() -> dict:
    pairformer = {"num_blocks": 1, "dropout": 0, "pairwise_head_width": 4, "pairwise_num_heads": 1}
    transformer = {"token_s": 8, "num_blocks": 1, "num_heads": 1, "activation_checkpointing": False}
    head = {"pairformer_args": pairformer, "transformer_args": transformer, "num_dist_bins": 8}
    return {"affinity_prediction": True, "affinity_ensemble": True, "affinity_model_args1": head, "affinity_model_args2": head}


if __name__ == "__main__":
    main()
