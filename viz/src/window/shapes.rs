//! All shapes of a frame as one mesh with one material: the mesh is nothing but numbered quads, and the shader looks up
//! in a buffer what the quad of a number is. Nothing is an entity of its own, so 10,000 pods cost no more than a copy.

use crate::draw::{Canvas, Shape};
use crate::theme::Color;
use bevy::asset::{AssetEventSystems, RenderAssetUsages, load_internal_asset, uuid_handle};
use bevy::camera::visibility::NoFrustumCulling;
use bevy::mesh::{Indices, MeshVertexBufferLayoutRef, PrimitiveTopology};
use bevy::prelude::*;
use bevy::render::render_asset::prepare_assets;
use bevy::render::render_resource::{
    AsBindGroup, BlendState, RenderPipelineDescriptor, SpecializedMeshPipelineError,
};
use bevy::render::storage::{GpuShaderBuffer, ShaderBuffer};
use bevy::render::{Render, RenderApp};
use bevy::shader::ShaderRef;
use bevy::sprite_render::{
    AlphaMode2d, Material2d, Material2dKey, Material2dPlugin, MeshMaterial2d, PreparedMaterial2d,
};

const SHADER: Handle<Shader> = uuid_handle!("6f1d7c0e-3c1e-4f0b-9a55-51b3b2a6f0d1");

/// As many quads as this at least.
const LEAST: usize = 1024;

/// After so many frames with far fewer shapes than there is room for, the room is made smaller.
const PATIENCE: u32 = 600;

/// What is to be drawn in this frame.
#[derive(Resource, Default)]
pub struct Picture {
    shapes: Vec<Shape>,
    background: Color,
    /// Width and height in pixels, pixels per point.
    frame: Vec4,
    changed: bool,
}

impl Picture {
    /// Takes over what a view has drawn, for a picture of `size` pixels.
    pub fn take(&mut self, canvas: &Canvas, background: Color, size: [f32; 2], pixels_per_point: f32) {
        let frame = Vec4::new(size[0], size[1], pixels_per_point, 0.0);
        if self.shapes == canvas.shapes && self.background == background && self.frame == frame {
            return;
        }
        self.shapes.clear();
        self.shapes.extend_from_slice(&canvas.shapes);
        self.background = background;
        self.frame = frame;
        self.changed = true;
    }
}

/// Draws [`Picture`] on every 2D camera.
pub struct ShapesPlugin;

/// After this, in `PostUpdate`, it is too late to change the [`Picture`].
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Upload;

impl Plugin for ShapesPlugin {
    fn build(&self, app: &mut App) {
        load_internal_asset!(app, SHADER, "shapes.wgsl", Shader::from_wgsl);
        app.add_plugins(Material2dPlugin::<ShapesMaterial>::default())
            .init_resource::<Picture>()
            .add_systems(Startup, spawn)
            .add_systems(PostUpdate, upload.in_set(Upload).before(AssetEventSystems));
        if let Some(render) = app.get_sub_app_mut(RenderApp) {
            // Where the buffer grows, the material must be made from the new one, in the same frame.
            render.add_systems(
                Render,
                buffer_first
                    .after(prepare_assets::<GpuShaderBuffer>)
                    .before(prepare_assets::<PreparedMaterial2d<ShapesMaterial>>),
            );
        }
    }
}

fn buffer_first() {}

#[derive(Asset, TypePath, AsBindGroup, Clone)]
struct ShapesMaterial {
    #[storage(0, read_only)]
    shapes: Handle<ShaderBuffer>,
    #[uniform(1)]
    frame: Vec4,
}

impl Material2d for ShapesMaterial {
    fn vertex_shader() -> ShaderRef {
        SHADER.into()
    }
    fn fragment_shader() -> ShaderRef {
        SHADER.into()
    }
    fn alpha_mode(&self) -> AlphaMode2d {
        AlphaMode2d::Blend
    }
    fn specialize(
        descriptor: &mut RenderPipelineDescriptor,
        layout: &MeshVertexBufferLayoutRef,
        _: Material2dKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        descriptor.vertex.buffers =
            vec![layout.0.get_layout(&[Mesh::ATTRIBUTE_POSITION.at_shader_location(0)])?];
        for target in descriptor.fragment.iter_mut().flat_map(|f| f.targets.iter_mut().flatten()) {
            target.blend = Some(BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        }
        Ok(())
    }
}

/// The mesh and what it is drawn from.
#[derive(Resource)]
struct Room {
    entity: Entity,
    buffer: Handle<ShaderBuffer>,
    material: Handle<ShapesMaterial>,
    quads: usize,
    idle: u32,
}

fn spawn(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut materials: ResMut<Assets<ShapesMaterial>>,
) {
    let buffer = buffers.add(ShaderBuffer::new(&bytes(&[], LEAST), RenderAssetUsages::RENDER_WORLD));
    let material = materials.add(ShapesMaterial { shapes: buffer.clone(), frame: Vec4::ONE });
    let mesh = Mesh2d(meshes.add(quads(LEAST)));
    let entity = commands.spawn((mesh, MeshMaterial2d(material.clone()), NoFrustumCulling)).id();
    commands.insert_resource(Room { entity, buffer, material, quads: LEAST, idle: 0 });
}

/// Numbered quads: each corner is (0 or 1, 0 or 1, number).
fn quads(count: usize) -> Mesh {
    let corners =
        |i: usize| [[0.0, 0.0, i as f32], [1.0, 0.0, i as f32], [0.0, 1.0, i as f32], [1.0, 1.0, i as f32]];
    let positions: Vec<[f32; 3]> = (0..count).flat_map(corners).collect();
    let indices = (0..count as u32).flat_map(|i| [0, 1, 2, 2, 1, 3].map(|c| i * 4 + c)).collect();
    Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD)
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_indices(Indices::U32(indices))
}

/// Shapes as the shader reads them, with empty ones up to a number.
fn bytes(shapes: &[Shape], count: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(count * size_of::<Shape>());
    out.extend_from_slice(bytemuck::cast_slice(shapes));
    out.resize(count * size_of::<Shape>(), 0);
    out
}

/// How many quads there should be for so many shapes.
fn room(shapes: usize, now: usize, idle: &mut u32) -> usize {
    let wanted = shapes.next_power_of_two().max(LEAST);
    *idle = if wanted * 8 <= now { *idle + 1 } else { 0 };
    if wanted > now || *idle > PATIENCE { wanted } else { now }
}

fn upload(
    mut commands: Commands,
    mut picture: ResMut<Picture>,
    mut at: ResMut<Room>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut buffers: ResMut<Assets<ShaderBuffer>>,
    mut materials: ResMut<Assets<ShapesMaterial>>,
    mut cameras: Query<&mut Camera>,
) {
    let mut idle = at.idle;
    let quads_now = room(picture.shapes.len(), at.quads, &mut idle);
    at.idle = idle;
    if quads_now == at.quads && !picture.changed {
        return;
    }
    picture.changed = false;
    let resized = quads_now != at.quads;
    if resized {
        at.quads = quads_now;
        at.idle = 0;
        commands.entity(at.entity).insert(Mesh2d(meshes.add(quads(quads_now))));
    }
    if let Some(mut buffer) = buffers.get_mut(&at.buffer) {
        buffer.data = Some(bytes(&picture.shapes, quads_now));
    }
    let stale = materials.get(&at.material).is_some_and(|m| m.frame != picture.frame);
    if (resized || stale)
        && let Some(mut material) = materials.get_mut(&at.material)
    {
        material.frame = picture.frame;
    }
    let [r, g, b, _] = picture.background.0.to_le_bytes();
    let clear = ClearColorConfig::Custom(bevy::color::Color::srgb_u8(r, g, b));
    for mut camera in &mut cameras {
        if !matches!((&camera.clear_color, &clear), (ClearColorConfig::Custom(a), ClearColorConfig::Custom(b)) if a == b)
        {
            camera.clear_color = clear;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_grows_at_once_and_shrinks_late() {
        let mut idle = 0;
        assert_eq!(room(0, LEAST, &mut idle), LEAST);
        assert_eq!(room(1025, LEAST, &mut idle), 2048);
        assert_eq!(room(40_000, 2048, &mut idle), 65_536);
        for _ in 0..PATIENCE {
            assert_eq!(room(900, 65_536, &mut idle), 65_536);
        }
        assert_eq!(room(900, 65_536, &mut idle), LEAST);
    }

    #[test]
    fn the_shader_reads_48_bytes() {
        assert_eq!(size_of::<Shape>(), 48);
        assert_eq!(bytes(&[Shape::default()], 4).len(), 192);
    }
}
