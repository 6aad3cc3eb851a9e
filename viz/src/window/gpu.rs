//! The graphics driver: asked for before bevy asks, since bevy panics where there is none.

use super::WindowError;
use bevy::render::renderer::{
    RenderAdapter, RenderAdapterInfo, RenderDevice, RenderInstance, RenderQueue, WgpuWrapper,
};
use bevy::render::settings::RenderCreation;
use bevy::tasks::block_on;
use std::sync::Arc;
use wgpu::{Adapter, Instance};

/// The adapter that pictures are drawn with.
pub fn adapter() -> Result<(Instance, Adapter), WindowError> {
    let instance = Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let wanted = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        ..Default::default()
    };
    match block_on(instance.request_adapter(&wanted)) {
        Ok(adapter) => Ok((instance, adapter)),
        Err(_) => Err(WindowError::NoDriver("no Vulkan driver is to be found on this machine".into())),
    }
}

/// A device on it, for bevy, and the largest width and height of its pictures.
pub fn device() -> Result<(RenderCreation, u32), WindowError> {
    let (instance, adapter) = adapter()?;
    let wanted = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
    let (device, queue) = block_on(adapter.request_device(&wanted)).map_err(|e| {
        WindowError::NoDriver(format!("the driver {} gives no device: {e}", adapter.get_info().name))
    })?;
    let largest = device.limits().max_texture_dimension_2d;
    let creation = RenderCreation::manual(
        RenderDevice::from(device),
        RenderQueue(Arc::new(WgpuWrapper::new(queue))),
        RenderAdapterInfo(WgpuWrapper::new(adapter.get_info())),
        RenderAdapter(Arc::new(WgpuWrapper::new(adapter))),
        RenderInstance(Arc::new(WgpuWrapper::new(instance))),
    );
    Ok((creation, largest))
}
