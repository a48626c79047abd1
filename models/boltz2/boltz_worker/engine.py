"""
Both models of Boltz-2, loaded once, and one input through them.

What the program's own command line does in one process per folder is done here step by step, with its own functions, so that an input
costs no import and no load. Seeds are set before each stage, and inputs are read in a forked child (`prepare`): RDKit's conformers follow
what was embedded before in the same process, so only a process that has embedded nothing gives the same bytes in any order of rows.
"""
from __future__ import annotations

import logging
import os
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

# Tuning of kernels at first use costs minutes; the program switches it off as well.
for variable in ("CUEQ_DEFAULT_CONFIG", "CUEQ_DISABLE_AOT_TUNING"):
    os.environ.setdefault(variable, "1")

import torch  # noqa: E402
from boltz.data.module.inferencev2 import Boltz2InferenceDataModule  # noqa: E402
from boltz.data.types import Manifest  # noqa: E402
from boltz.data.write.writer import BoltzAffinityWriter, BoltzWriter  # noqa: E402
from boltz.main import Boltz2DiffusionParams, BoltzSteeringParams, MSAModuleArgs, PairformerArgsV2, process_inputs  # noqa: E402
from boltz.model.models.boltz2 import Boltz2  # noqa: E402
from pytorch_lightning import Trainer, seed_everything  # noqa: E402
from rdkit import Chem  # noqa: E402

from .settings import Settings  # noqa: E402

STRUCTURE_WEIGHTS = "boltz2_conf.ckpt"
AFFINITY_WEIGHTS = "boltz2_aff.ckpt"
COMPONENTS = "mols"
# The affinity stage always has these.
AFFINITY_RECYCLING_STEPS = 5
AFFINITY_PARALLEL_SAMPLES = 1
AFFINITY_METHOD = "other"


@dataclass(frozen=True)
class Engine:
    structure: Boltz2
    affinity: Boltz2
    cache: Path
    device: str
    threads: int = 1

    @property
    def components(self) -> Path:
        return self.cache / COMPONENTS


def load_engine(cache: Path, device: str, threads: int = 1) -> Engine:
    """Reads both checkpoints. @raises OSError, RuntimeError where a file of the cache is missing or cut short"""
    warnings.filterwarnings("ignore", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*pin_memory.*|.*LeafSpec.*")
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    # A pool of threads that was started before a fork is dead in the child.
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.set_float32_matmul_precision("highest")
    Chem.SetDefaultPickleProperties(Chem.PropertyPickleOptions.AllProps)
    steering = {STRUCTURE_WEIGHTS: BoltzSteeringParams(), AFFINITY_WEIGHTS: BoltzSteeringParams(contact_guidance_update=False)}
    structure, affinity = (load_model(cache / name, each, has_kernels(device)) for name, each in steering.items())
    return Engine(structure, affinity, cache, device, threads)


def load_model(path: Path, steering: BoltzSteeringParams, use_kernels: bool) -> Boltz2:
    return Boltz2.load_from_checkpoint(
        path,
        strict=True,
        predict_args={},
        map_location="cpu",
        diffusion_process_args=asdict(Boltz2DiffusionParams()),
        ema=False,
        use_kernels=use_kernels,
        pairformer_args=asdict(PairformerArgsV2()),
        msa_args=asdict(MSAModuleArgs(subsample_msa=False, use_paired_feature=True)),
        steering_args=asdict(steering),
    ).eval()


def has_kernels(device: str) -> bool:
    """The fast kernels are a package of their own, for GPUs only; without it the model computes the same more slowly."""
    if device != "gpu":
        return False
    try:
        import cuequivariance_torch  # noqa: F401
    except ImportError:
        return False
    return True


def prepare(engine: Engine, source: Path, out: Path, settings: Settings) -> None:
    """Reads the input file into `out`/processed. What the program refuses is printed, and no record is left."""
    process_inputs(
        data=[source],
        out_dir=out,
        ccd_path=engine.cache / "ccd.pkl",
        mol_dir=engine.components,
        msa_server_url="",
        msa_pairing_strategy="greedy",
        max_msa_seqs=settings.max_msa_seqs,
        boltz2=True,
        preprocessing_threads=1,
    )


def records_of(out: Path) -> Manifest:
    path = out / "processed" / "manifest.json"
    return Manifest.load(path) if path.exists() else Manifest([])


def predict_structure(engine: Engine, out: Path, settings: Settings, parallel_samples: int) -> bool:
    """@returns whether there was memory enough @raises whatever the model raises"""
    model = engine.structure
    model.structure_module.step_scale = settings.step_scale
    model.steering_args = asdict(BoltzSteeringParams(fk_steering=settings.use_potentials, physical_guidance_update=settings.use_potentials))
    model.predict_args = {
        "recycling_steps": settings.recycling_steps,
        "sampling_steps": settings.sampling_steps,
        "diffusion_samples": settings.diffusion_samples,
        "max_parallel_samples": parallel_samples,
        "write_confidence_summary": True,
        "write_full_pae": False,
        "write_full_pde": False,
    }
    writer = BoltzWriter(out / "processed" / "structures", out / "predictions", "mmcif", boltz2=True, write_embeddings=settings.write_embeddings)
    run_stage(engine, model, writer, data_of(engine, out, out / "processed" / "structures", settings.method, affinity=False), out, settings.seed)
    return writer.failed == 0


def predict_affinity(engine: Engine, out: Path, settings: Settings) -> bool:
    """Of the best structure, which lies in `out`/predictions. @returns whether there was memory enough"""
    model = engine.affinity
    model.structure_module.step_scale = settings.step_scale
    model.affinity_mw_correction = settings.affinity_mw_correction
    model.predict_args = {
        "recycling_steps": AFFINITY_RECYCLING_STEPS,
        "sampling_steps": settings.sampling_steps_affinity,
        "diffusion_samples": settings.diffusion_samples_affinity,
        "max_parallel_samples": AFFINITY_PARALLEL_SAMPLES,
        "write_confidence_summary": False,
        "write_full_pae": False,
        "write_full_pde": False,
    }
    writer = BoltzAffinityWriter(out / "processed" / "structures", out / "predictions")
    run_stage(engine, model, writer, data_of(engine, out, out / "predictions", AFFINITY_METHOD, affinity=True), out, settings.seed)
    return writer.failed == 0


def data_of(engine: Engine, out: Path, targets: Path, method: str | None, affinity: bool) -> Boltz2InferenceDataModule:
    processed = out / "processed"
    return Boltz2InferenceDataModule(
        manifest=records_of(out),
        target_dir=targets,
        msa_dir=processed / "msa",
        mol_dir=engine.components,
        num_workers=0,
        constraints_dir=processed / "constraints",
        template_dir=processed / "templates",
        extra_mols_dir=processed / "mols",
        override_method=method,
        affinity=affinity,
    )


def run_stage(engine: Engine, model: Boltz2, writer: BoltzWriter | BoltzAffinityWriter, data: Boltz2InferenceDataModule, out: Path, seed: int) -> None:
    """On a CPU in 32 bits: half-precision numbers are emulated by most (58 s against 6 s measured), and the potentials fail with them."""
    torch.set_num_threads(engine.threads)
    seed_everything(seed, verbose=False)
    trainer = Trainer(
        default_root_dir=out,
        callbacks=[writer],
        accelerator=engine.device,
        devices=1,
        precision="bf16-mixed" if engine.device == "gpu" else "32-true",
        logger=False,
        enable_progress_bar=False,
        enable_checkpointing=False,
        enable_model_summary=False,
    )
    trainer.predict(model, datamodule=data, return_predictions=False)
